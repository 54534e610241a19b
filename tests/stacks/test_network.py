"""Which part may reach which: the whole table, and no other connection."""

import pytest

from .synthesized_app import Resource, SynthesizedApp

CLIENTS = ("Trigger", "Worker", "Functions")
CONNECTIONS = {
    *((client, "Server", 8001) for client in CLIENTS),
    ("Trigger", "Server", 8002),
    ("Server", "Database", 5432),
}


def part_of(app: SynthesizedApp, group: object) -> str:
    """Return the part of a security group, from any stack that refers to it."""
    path = str(app.resolve("Network", group))
    return path.removeprefix("<Network/Firewall/").removesuffix(".GroupId>")


def rules(app: SynthesizedApp, kind: str, own: str, other: str) -> set[tuple[str, str, int]]:
    found = set()
    for rule in app.find_all(kind):
        body = rule.properties
        assert body["IpProtocol"] == "tcp"
        assert body["FromPort"] == body["ToPort"]
        found.add((part_of(app, body[own]), part_of(app, body[other]), body["FromPort"]))
    return found


def test_only_listed_connections_may_come_in(app: SynthesizedApp) -> None:
    entries = rules(app, "AWS::EC2::SecurityGroupIngress", "SourceSecurityGroupId", "GroupId")
    assert entries == CONNECTIONS


def test_only_listed_connections_may_go_out(app: SynthesizedApp) -> None:
    exits = rules(app, "AWS::EC2::SecurityGroupEgress", "GroupId", "DestinationSecurityGroupId")
    assert exits == CONNECTIONS


def test_parts_reach_the_internet_by_https_only_and_the_database_not_at_all(app: SynthesizedApp) -> None:
    https = [{"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]
    nothing = [{"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp", "FromPort": 252, "ToPort": 86}]
    found = {}
    for group in app.find_all("AWS::EC2::SecurityGroup"):
        rules = [{key: rule[key] for key in https[0]} for rule in group.properties["SecurityGroupEgress"]]
        found[group.path.removeprefix("Network/Firewall/")] = rules
        assert "SecurityGroupIngress" not in group.properties
    assert found == {"Server": https, "Worker": https, "Trigger": https, "Functions": nothing, "Database": nothing}


@pytest.mark.parametrize(
    ("kind", "path", "part"),
    [
        ("AWS::ECS::Service", "Server/Server", "Server"),
        ("AWS::ECS::Service", "Worker/Worker", "Worker"),
        ("AWS::Lambda::Function", "Trigger", "Trigger"),
        ("AWS::Lambda::Function", "Functions/", "Functions"),
        ("AWS::RDS::DBInstance", "Database", "Database"),
    ],
)
def test_each_part_has_only_its_own_security_group(app: SynthesizedApp, kind: str, path: str, part: str) -> None:
    resource = app.find(kind, path)
    assert groups_of(app, resource) == [f"<Network/Firewall/{part}.GroupId>"]


def groups_of(app: SynthesizedApp, resource: Resource) -> object:
    body = resource.properties
    match resource.kind:
        case "AWS::ECS::Service":
            groups = body["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"]
        case "AWS::Lambda::Function":
            groups = body["VpcConfig"]["SecurityGroupIds"]
        case _:
            groups = body["VPCSecurityGroups"]
    return app.resolve(resource.stack, groups)


def subnets_of(app: SynthesizedApp, resource: Resource, subnets: object) -> set[str]:
    """Return the kinds of subnets, such as Isolated."""
    paths = app.resolve(resource.stack, subnets)
    assert isinstance(paths, list)
    return {str(one).split("/Vpc/")[1].split("Subnet")[0] for one in paths}


def test_the_database_and_functions_in_the_network_are_in_isolated_subnets(app: SynthesizedApp) -> None:
    group = app.find("AWS::RDS::DBSubnetGroup")
    assert subnets_of(app, group, group.properties["SubnetIds"]) == {"Isolated"}
    for path in ("Trigger", "Functions/"):
        function = app.find("AWS::Lambda::Function", path)
        assert subnets_of(app, function, function.properties["VpcConfig"]["SubnetIds"]) == {"Isolated"}


def test_isolated_subnets_have_no_route_except_the_gateway_endpoint(app: SynthesizedApp) -> None:
    routes = {route.path for route in app.find_all("AWS::EC2::Route")}
    assert not [path for path in routes if "Isolated" in path]
    [endpoint] = [one for one in app.find_all("AWS::EC2::VPCEndpoint") if "Isolated" in tables_of(app, one)]
    assert endpoint.properties["VpcEndpointType"] == "Gateway"
    assert app.resolve("Network", endpoint.properties["ServiceName"]) == "com.amazonaws.<AWS::Region>.s3"
    assert tables_of(app, endpoint).count("Isolated") == 2


def tables_of(app: SynthesizedApp, endpoint: Resource) -> str:
    return str(app.resolve("Network", endpoint.properties["RouteTableIds"]))


def test_isolated_subnets_reach_no_bucket_of_another_account(app: SynthesizedApp) -> None:
    """An attacker in the trigger could otherwise copy progress into a bucket of another account."""
    [endpoint] = [one for one in app.find_all("AWS::EC2::VPCEndpoint") if "Isolated" in tables_of(app, one)]
    [statement] = endpoint.properties["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    owner = app.resolve("Network", statement["Condition"])
    assert owner == {"StringEquals": {"aws:ResourceAccount": "<AWS::AccountId>"}}


def test_tasks_reach_s3_by_a_free_endpoint(app: SynthesizedApp) -> None:
    """Images and documents come from buckets of other accounts, too, so this endpoint allows all accounts."""
    [endpoint] = [one for one in app.find_all("AWS::EC2::VPCEndpoint") if "Isolated" not in tables_of(app, one)]
    assert (endpoint.properties["VpcEndpointType"], "PolicyDocument" in endpoint.properties) == ("Gateway", False)


@pytest.mark.parametrize("part", ["Server", "Worker"])
def test_tasks_of_the_small_profile_have_public_addresses(small: SynthesizedApp, part: str) -> None:
    service = small.find("AWS::ECS::Service", f"{part}/{part}")
    configuration = service.properties["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert configuration["AssignPublicIp"] == "ENABLED"
    assert subnets_of(small, service, configuration["Subnets"]) == {"Public"}
    assert not small.find_all("AWS::EC2::NatGateway")


@pytest.mark.parametrize("part", ["Server", "Worker"])
def test_tasks_in_production_are_behind_nat(production: SynthesizedApp, part: str) -> None:
    service = production.find("AWS::ECS::Service", f"{part}/{part}")
    configuration = service.properties["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert configuration["AssignPublicIp"] == "DISABLED"
    assert subnets_of(production, service, configuration["Subnets"]) == {"Private"}
    assert len(production.find_all("AWS::EC2::NatGateway")) == 2
    assert len(production.find_all("AWS::EC2::FlowLog")) == 1
