"""What the network rules share: which routes a subnet has, and where they lead."""

from auditor.model.inventory import Related
from auditor.model.network import Route, RouteTable, Subnet
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Fact, Verdict, failed, passed

EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})


def table_of(subnet: Subnet, tables: Related[RouteTable]) -> RouteTable:
    """The route table of a subnet: its own, else the main one of its VPC.

    Raises:
        CannotAssess: a table that could be the one was not observed, or there is none.
    """
    known = [table for table in tables.all() if table.vpc_id == subnet.vpc_id]
    for table in known:
        if any(link.subnet_id == subnet.subnet_id for link in table.associations):
            return table
    for table in known:
        if any(link.main for link in table.associations):
            return table
    raise CannotAssess(Unknown(Reason.NOT_COLLECTED, f"no route table of {subnet.subnet_id} was found"))


def leads_to_internet(route: Route) -> bool:
    """Whether a route that works sends everything to an internet gateway."""
    everything = route.destination_cidr_block in EVERYWHERE or route.destination_ipv6_cidr_block in EVERYWHERE
    return everything and (route.gateway_id or "").startswith("igw-") and route.state != "blackhole"


def judge_subnet(subnet_id: str, path: str, subnets: Related[Subnet], tables: Related[RouteTable]) -> Verdict:
    """PASSED where a subnet is private, FAILED where it routes to an internet gateway.

    Args:
        subnet_id: the subnet.
        path: where the subject names it.
        subnets: where to find it.
        tables: where to find its routes.

    Raises:
        CannotAssess: the subnet or its routes were not observed.
    """
    table = table_of(subnets.find(subnet_id), tables)
    if any(leads_to_internet(route) for route in table.routes):
        return failed(f"{subnet_id} routes to an internet gateway", at=(path, Fact(table, "Routes")))
    return passed(f"{subnet_id} routes to no internet gateway", at=(path, Fact(table, "Routes")))
