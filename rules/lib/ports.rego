# Ports that a fact's reach admits.
package lib.ports

# Whether TCP traffic to the port is admitted.
admits_tcp(reach, port) if {
	reach.protocol in {"tcp", "all"}
	reach.from_port <= port
	port <= reach.to_port
}

# Whether every port of TCP or UDP, or every protocol, is admitted.
admits_all(reach) if {
	reach.protocol in {"tcp", "udp", "all"}
	reach.from_port == 0
	reach.to_port == 65535
}
