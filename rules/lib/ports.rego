# Ports that a fact's reach admits, and words for them.
package lib.ports

# TCP ports of services that were not made for the internet.
services := {
	"cassandra": [7000, 7001, 7199, 9042, 9160],
	"cifs": [139, 445],
	"elasticsearch-kibana": [5601, 9200, 9300],
	"ftp": [20, 21],
	"kafka": [9092],
	"kerberos": [88, 464, 749, 750],
	"ldap": [389, 636],
	"memcached": [11211],
	"mongodb": [27017, 27018],
	"mysql": [3306],
	"oracle": [1521, 2483, 2484],
	"postgres": [5432],
	"rdp": [3389],
	"redis": [6379],
	"sql-server": [1433, 1434],
	"ssh": [22],
	"telnet": [23],
}

# Whether traffic of the protocol to the port is admitted.
admits(reach, protocol, port) if {
	reach.protocol in {protocol, "all"}
	reach.from_port <= port
	port <= reach.to_port
}

# Whether traffic of one of the protocols to the port is admitted.
admits_any_of(reach, protocols, port) if {
	some protocol in protocols
	admits(reach, protocol, port)
}

# The topic of a denial about one family of addresses.
topic_of(reach) := "ipv4" if reach.family == "ipv4"

topic_of(reach) := "ipv6" if reach.family == "ipv6"

# How many ports.
count_of(reach) := (reach.to_port - reach.from_port) + 1

# "TCP port 22", "all traffic".
what(reach) := "all traffic" if reach.protocol == "all"

what(reach) := sprintf("%s port %d", [upper(reach.protocol), reach.from_port]) if {
	reach.protocol in {"tcp", "udp"}
	reach.from_port == reach.to_port
}

what(reach) := sprintf("%s on all ports", [upper(reach.protocol)]) if {
	reach.protocol in {"tcp", "udp"}
	count_of(reach) == 65536
}

what(reach) := sprintf("%s port range %d-%d", [upper(reach.protocol), reach.from_port, reach.to_port]) if {
	reach.protocol in {"tcp", "udp"}
	reach.from_port < reach.to_port
	count_of(reach) < 65536
}

what(reach) := "ICMP" if {
	reach.protocol in {"icmp", "icmpv6"}
	reach.from_port < reach.to_port
}

what(reach) := sprintf("ICMP type %d", [reach.from_port]) if {
	reach.protocol in {"icmp", "icmpv6"}
	reach.from_port == reach.to_port
}

what(reach) := sprintf("protocol %s", [reach.protocol]) if {
	protocol := reach.protocol
	not _has_ports(protocol)
}

_has_ports(protocol) if protocol in {"all", "tcp", "udp", "icmp", "icmpv6"}

# "TCP port 9200, 9300 (elasticsearch-kibana)".
named(open, topic) := sprintf("TCP port %s (%s)", [_listed(open), topic]) if topic != "other"

named(open, "other") := sprintf("TCP port %s", [_listed(open)])

_listed(open) := concat(", ", [sprintf("%d", [port]) | some port in open])

# "is open", or what a stopped instance would be.
is_open(reach) := "would be open, once the instance runs," if reach.stopped

is_open(reach) := "is open" if not reach.stopped

# Where from: "0.0.0.0/0", or what together is the world.
world(reach) := sprintf("the world (%s)", [reach.family]) if count(object.get(reach, "sources", [])) == 0

world(reach) := reach.sources[0] if {
	count(reach.sources) == 1
	endswith(reach.sources[0], "/0")
}

world(reach) := sprintf("the world, by %s", [concat(" and ", reach.sources)]) if {
	count(reach.sources) > 0
	not _is_everything(reach)
}

_is_everything(reach) if {
	count(reach.sources) == 1
	endswith(reach.sources[0], "/0")
}
