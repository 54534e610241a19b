"""Compares the database with what the stack declares: an instance that was restored has RDS' defaults instead.

CloudFormation does not see the difference, because it compares templates, and never puts the properties back.
"""

from collections.abc import Mapping
from typing import Any, Final

from ops.aws.errors import aws_errors
from ops.aws.resources import DATABASE, Resource, list_resources
from ops.aws.stack import Stack
from ops.aws.stack_outputs import Output

from .check import Outcome, Verdict, fail, ok

# The names of a property in the template and in RDS' description.
_PROPERTIES: Final = {
    "MultiAZ": "MultiAZ",
    "DeletionProtection": "DeletionProtection",
    "BackupRetentionPeriod": "BackupRetentionPeriod",
    "MaxAllocatedStorage": "MaxAllocatedStorage",
    "StorageEncrypted": "StorageEncrypted",
    "PubliclyAccessible": "PubliclyAccessible",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
}
_GROUP: Final = "DBParameterGroupName"
_DEFAULT: Final = "default."  # how the names of RDS' own groups begin


def compare_database(stack: Stack) -> Outcome:
    """Read both, and name each property that differs. Each cell has a database."""
    databases = [resource for resource in list_resources(stack) if resource.kind == DATABASE]
    cells = len(stack.read_outputs().list_cells(Output.SERVER_TASKS))
    if len(databases) != cells:
        return fail(f"the stack has {len(databases)} databases, and {cells} cells", "run ./longhand deploy")
    outcomes = [_compare(stack, database) for database in databases]
    return next((one for one in outcomes if one.verdict is not Verdict.OK), outcomes[0])


def _compare(stack: Stack, database: Resource) -> Outcome:
    with aws_errors():
        found = stack.session.client("rds").describe_db_instances(DBInstanceIdentifier=database.name)
    instance: dict[str, Any] = found["DBInstances"][0]
    wrong = _find_differences(database.properties, instance)
    groups = [group["DBParameterGroupName"] for group in instance.get("DBParameterGroups", ())]
    if _GROUP in database.properties and all(group.startswith(_DEFAULT) for group in groups):
        wrong.append(f"{_GROUP} is {', '.join(groups)}, not the stack's own")
    if wrong:
        remedy = "see 'Restore the database' in docs/runbook.md: aws rds modify-db-instance sets them"
        return fail(f"the database {database.name} is not as the stack declares it: {'; '.join(wrong)}", remedy)
    return ok(f"{database.name} is as the stack declares it")


def _find_differences(declared: Mapping[str, Any], instance: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each property; those that are not declared are not compared."""
    return [
        f"{name} is {_to_text(instance.get(key))}, not {_to_text(declared[name])}"
        for name, key in _PROPERTIES.items()
        if name in declared and _to_text(instance.get(key)) != _to_text(declared[name])
    ]


def _to_text(value: object) -> str:
    """Return a value as the template writes it: there, numbers may be strings; a missing one is false."""
    return str(value if value is not None else False).lower()
