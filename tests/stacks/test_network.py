"""Who reaches whom: the whole table, and nothing beside it."""

import pytest

from .synthesized_app import Resource, SynthesizedApp

PARTS = ("Database", "Server", "Worker", "Trigger")
GROUP = "Network/Firewall/{}"
INSIDE = {("Trigger", "Server", 8001), ("Worker", "Server", 8001), ("Server", "Database", 5432)}


def name_of(app: SynthesizedApp, group: object) -> str:
    """A group's part, whether its own stack or another one refers to it."""
    meant = str(app.meant("Network", group))
    return meant.removeprefix("<Network/Firewall/").removesuffix(".GroupId>")


def rules(app: SynthesizedApp, kind: str, own: str, other: str) -> set[tuple[str, str, int]]:
    found = set()
    for rule in app.all(kind):
        body = rule.properties
        assert body["IpProtocol"] == "tcp"
        assert body["FromPort"] == body["ToPort"]
        found.add((name_of(app, body[own]), name_of(app, body[other]), body["FromPort"]))
    return found


def test_only_these_may_come_in(either: SynthesizedApp) -> None:
    entries = rules(either, "AWS::EC2::SecurityGroupIngress", "SourceSecurityGroupId", "GroupId")
    assert entries == INSIDE


def test_only_these_may_go_out_to_another_part(either: SynthesizedApp) -> None:
    exits = rules(either, "AWS::EC2::SecurityGroupEgress", "GroupId", "DestinationSecurityGroupId")
    assert exits == INSIDE


def test_outside_the_network_only_https_is_reached_and_the_database_reaches_nothing(either: SynthesizedApp) -> None:
    https = [{"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]
    nothing = [{"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp", "FromPort": 252, "ToPort": 86}]
    found = {}
    for group in either.all("AWS::EC2::SecurityGroup"):
        rules = [{key: rule[key] for key in https[0]} for rule in group.properties["SecurityGroupEgress"]]
        found[group.path.removeprefix("Network/Firewall/")] = rules
        assert "SecurityGroupIngress" not in group.properties
    assert found == {"Server": https, "Worker": https, "Trigger": https, "Database": nothing}


@pytest.mark.parametrize(
    ("kind", "path", "part"),
    [
        ("AWS::ECS::Service", "Server/Server", "Server"),
        ("AWS::ECS::Service", "Worker/Worker", "Worker"),
        ("AWS::Lambda::Function", "Trigger", "Trigger"),
        ("AWS::RDS::DBInstance", "Database", "Database"),
    ],
)
def test_each_part_has_its_own_group_and_no_other(either: SynthesizedApp, kind: str, path: str, part: str) -> None:
    resource = either.one(kind, path)
    assert groups_of(either, resource) == [f"<Network/Firewall/{part}.GroupId>"]


def groups_of(app: SynthesizedApp, resource: Resource) -> object:
    body = resource.properties
    match resource.kind:
        case "AWS::ECS::Service":
            groups = body["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"]
        case "AWS::Lambda::Function":
            groups = body["VpcConfig"]["SecurityGroupIds"]
        case _:
            groups = body["VPCSecurityGroups"]
    return app.meant(resource.stack, groups)


def subnets_of(app: SynthesizedApp, resource: Resource, subnets: object) -> set[str]:
    """The kinds of subnets, such as Isolated."""
    meant = app.meant(resource.stack, subnets)
    assert isinstance(meant, list)
    return {str(one).split("/Vpc/")[1].split("Subnet")[0] for one in meant}


def test_the_database_and_the_trigger_are_isolated(either: SynthesizedApp) -> None:
    group = either.one("AWS::RDS::DBSubnetGroup")
    assert subnets_of(either, group, group.properties["SubnetIds"]) == {"Isolated"}
    trigger = either.one("AWS::Lambda::Function", "Trigger")
    assert subnets_of(either, trigger, trigger.properties["VpcConfig"]["SubnetIds"]) == {"Isolated"}


def test_isolated_subnets_have_no_way_out_but_the_gateway_endpoint(either: SynthesizedApp) -> None:
    routes = {route.path for route in either.all("AWS::EC2::Route")}
    assert not [path for path in routes if "Isolated" in path]
    [endpoint] = [one for one in either.all("AWS::EC2::VPCEndpoint") if "Isolated" in tables_of(either, one)]
    assert endpoint.properties["VpcEndpointType"] == "Gateway"
    assert either.meant("Network", endpoint.properties["ServiceName"]) == "com.amazonaws.<AWS::Region>.s3"
    assert tables_of(either, endpoint).count("Isolated") == 2


def tables_of(app: SynthesizedApp, endpoint: Resource) -> str:
    return str(app.meant("Network", endpoint.properties["RouteTableIds"]))


def test_isolated_subnets_reach_no_bucket_of_another_account(either: SynthesizedApp) -> None:
    """Whoever took the trigger could carry journals into a bucket of their own, with credentials of their own."""
    [endpoint] = [one for one in either.all("AWS::EC2::VPCEndpoint") if "Isolated" in tables_of(either, one)]
    [statement] = endpoint.properties["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    owner = either.meant("Network", statement["Condition"])
    assert owner == {"StringEquals": {"aws:ResourceAccount": "<AWS::AccountId>"}}


def test_tasks_reach_s3_by_an_endpoint_that_costs_nothing(either: SynthesizedApp) -> None:
    """Images and documents come from buckets of others as well, so this one says nothing of accounts."""
    [endpoint] = [one for one in either.all("AWS::EC2::VPCEndpoint") if "Isolated" not in tables_of(either, one)]
    assert (endpoint.properties["VpcEndpointType"], "PolicyDocument" in endpoint.properties) == ("Gateway", False)


@pytest.mark.parametrize("part", ["Server", "Worker"])
def test_tasks_of_the_small_profile_have_public_addresses(small: SynthesizedApp, part: str) -> None:
    service = small.one("AWS::ECS::Service", f"{part}/{part}")
    place = service.properties["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert place["AssignPublicIp"] == "ENABLED"
    assert subnets_of(small, service, place["Subnets"]) == {"Public"}
    assert not small.all("AWS::EC2::NatGateway")


@pytest.mark.parametrize("part", ["Server", "Worker"])
def test_tasks_in_production_are_behind_nat(production: SynthesizedApp, part: str) -> None:
    service = production.one("AWS::ECS::Service", f"{part}/{part}")
    place = service.properties["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert place["AssignPublicIp"] == "DISABLED"
    assert subnets_of(production, service, place["Subnets"]) == {"Private"}
    assert len(production.all("AWS::EC2::NatGateway")) == 2
    assert len(production.all("AWS::EC2::FlowLog")) == 1
