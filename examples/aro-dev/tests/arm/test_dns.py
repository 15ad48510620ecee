"""azure-mgmt-dns and azure-mgmt-privatedns."""

import pytest
from azure.core import MatchConditions
from azure.mgmt.dns import DnsManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient

from lifecycle import done, life, plain


@pytest.fixture(scope="module")
def dns(clients):
    return clients.make(DnsManagementClient)


@pytest.fixture(scope="module")
def private(clients):
    return clients.make(PrivateDnsManagementClient)


def test_zones(dns, group, name):
    zone = f"{name}.example"
    life(
        lambda body: dns.zones.create_or_update(group, zone, body),
        lambda: dns.zones.get(group, zone),
        lambda: dns.zones.list_by_resource_group(group),
        lambda: dns.zones.begin_delete(group, zone),
        {"location": "global"},
        update=lambda tags: dns.zones.update(group, zone, {"tags": tags}),
        also_listed=[dns.zones.list],
    )


RECORDS = {
    "A": {"ARecords": [{"ipv4Address": "10.0.0.1"}]},
    "AAAA": {"AAAARecords": [{"ipv6Address": "2001:db8::1"}]},
    "CNAME": {"CNAMERecord": {"cname": "elsewhere.example"}},
    "TXT": {"TXTRecords": [{"value": ["text"]}]},
    "MX": {"MXRecords": [{"preference": 10, "exchange": "mail.example"}]},
    "NS": {"NSRecords": [{"nsdname": "ns.example"}]},
    "PTR": {"PTRRecords": [{"ptrdname": "host.example"}]},
    "SRV": {"SRVRecords": [{"priority": 1, "weight": 2, "port": 3, "target": "host.example"}]},
    "CAA": {"caaRecords": [{"flags": 0, "tag": "issue", "value": "ca.example"}]},
}


@pytest.mark.parametrize("kind", RECORDS)
def test_records(dns, group, name, kind):
    zone = f"{name}.example"
    dns.zones.create_or_update(group, zone, {"location": "global"})
    life(
        lambda body: dns.record_sets.create_or_update(group, zone, "api", kind, body),
        lambda: dns.record_sets.get(group, zone, "api", kind),
        lambda: dns.record_sets.list_by_type(group, zone, kind),
        lambda: dns.record_sets.delete(group, zone, "api", kind),
        {"properties": {"TTL": 300} | RECORDS[kind]},
        also_listed=[
            lambda: dns.record_sets.list_by_dns_zone(group, zone),
            lambda: dns.record_sets.list_all_by_dns_zone(group, zone),
        ],
    )


def test_records_have_conditions(dns, group, name, refused):
    zone = f"{name}.example"
    dns.zones.create_or_update(group, zone, {"location": "global"})
    sets = dns.record_sets
    body = {"properties": {"TTL": 300, "metadata": {"resourceId": "/one"}}}
    made = sets.create_or_update(group, zone, "api", "A", body, if_none_match="*")
    assert refused(sets.create_or_update, group, zone, "api", "A", body, if_none_match="*", status=412) == (
        "PreconditionFailed"
    )
    assert refused(sets.create_or_update, group, zone, "api", "A", body, if_match="wrong", status=412)
    changed = sets.update(group, zone, "api", "A", {"properties": {"TTL": 60}}, if_match=made.etag)
    assert changed.ttl == 60 and changed.metadata == {"resourceId": "/one"} and changed.etag != made.etag
    assert refused(sets.delete, group, zone, "api", "A", if_match=made.etag, status=412) == "PreconditionFailed"
    sets.delete(group, zone, "api", "A", if_match=changed.etag)
    wrong = {"properties": {"TTL": 300, "ARecords": [{"ipv4Address": "10.0.0"}]}}
    assert refused(sets.create_or_update, group, zone, "api", "A", wrong, status=400) == "BadRequest"
    assert refused(sets.get, group, zone, "api", "A", status=404) == "NotFound"
    assert refused(sets.create_or_update, group, "nowhere.example", "api", "A", body, status=404) == (
        "ParentResourceNotFound"
    )


def test_private_zones_with_links_and_records(private, clients, group, name, refused, dev):
    zone, zones, links = f"{name}.internal", private.private_zones, private.virtual_network_links
    body = {"location": "global"}
    life(
        lambda body: zones.begin_create_or_update(group, zone, body),
        lambda: zones.get(group, zone),
        lambda: zones.list_by_resource_group(group),
        lambda: zones.begin_delete(group, zone),
        body,
        update=lambda tags: zones.begin_update(group, zone, {"tags": tags}),
        also_listed=[zones.list],
    )
    done(zones.begin_create_or_update(group, zone, body))
    vnet = {"location": dev.location, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    vnets = clients.make(NetworkManagementClient).virtual_networks
    vnet_id = done(vnets.begin_create_or_update(group, name, vnet)).id
    link = body | {"properties": {"virtualNetwork": {"id": vnet_id}, "registrationEnabled": False}}
    made = life(
        lambda body: links.begin_create_or_update(group, zone, "link", body),
        lambda: links.get(group, zone, "link"),
        lambda: links.list(group, zone),
        lambda: links.begin_delete(group, zone, "link"),
        link,
        update=lambda tags: links.begin_update(group, zone, "link", {"tags": tags}),
    )
    assert made["properties"]["virtualNetworkLinkState"] == "Completed"
    done(links.begin_create_or_update(group, zone, "link", link))
    assert plain(zones.get(group, zone))["properties"]["numberOfVirtualNetworkLinks"] == 1
    assert refused(zones.begin_delete, group, zone, status=409) == "CannotDeleteResource"
    assert refused(links.begin_create_or_update, group, zone, "second", link, status=409) == "Conflict"
    done(links.begin_delete(group, zone, "link"))

    record = {"properties": {"ttl": 60, "aRecords": [{"ipv4Address": "10.0.0.1"}]}}
    sets = private.record_sets
    life(
        lambda body: sets.create_or_update(group, zone, "A", "api", body),
        lambda: sets.get(group, zone, "A", "api"),
        lambda: sets.list_by_type(group, zone, "A"),
        lambda: sets.delete(group, zone, "A", "api"),
        record,
        also_listed=[lambda: sets.list(group, zone)],
    )
    made = sets.create_or_update(group, zone, "A", "api", record, match_condition=MatchConditions.IfMissing)
    with pytest.raises(Exception, match="412|not satisfied|exist"):
        sets.create_or_update(group, zone, "A", "api", record, match_condition=MatchConditions.IfMissing)
    assert sets.get(group, zone, "A", "api").etag == made.etag
    done(zones.begin_delete(group, zone))


def test_versions_that_never_were(group, name, refused, dev):
    old = DnsManagementClient(
        dev.credential(),
        dev.subscription,
        base_url=dev.arm,
        credential_scopes=[f"{dev.arm}/.default"],
        connection_verify=dev.ca,
        retry_total=0,
        api_version="1999-01-01",
    )
    assert refused(old.zones.get, group, f"{name}.example", status=400) == "NoRegisteredProviderFound"
