# METADATA
# title: Databases and other risky ports are not open to the world
# description: >-
#   Services on these ports were not made for the internet; many ask for no password at
#   all.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   severity: high
#   severity_reason: a group by itself is no machine; where an instance is reached, aws-ec2-instance-ports-closed-to-world is critical
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     fsbp: ["EC2.19"]
#     prowler:
#       - "ec2_securitygroup_allow_ingress_from_internet_to_high_risk_tcp_ports"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_cassandra_7199_9160_8888@cassandra"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_elasticsearch_kibana_9200_9300_5601@elasticsearch-kibana"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_ftp_20_21@ftp"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_kafka_9092@kafka"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_memcached_11211@memcached"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_mongodb_27017_27018@mongodb"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_mysql_3306@mysql"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_oracle_1521_2483@oracle"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_postgres_5432@postgres"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_redis_6379@redis"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_sql_server_1433_1434@sql-server"
#       - "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_telnet_23@telnet"
#   reads: [facts.world_ingress]
#   parameters:
#     high_risk_ports: TCP ports that must not be open to the world
#   remediation:
#     text: >-
#       Let in the security groups of the clients instead of addresses. Where
#       clients come from outside, use a VPN, PrivateLink or a load balancer that
#       asks who they are.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#     terraform: |
#       resource "aws_vpc_security_group_ingress_rule" "database" {
#         security_group_id            = aws_security_group.this.id
#         ip_protocol                  = "tcp"
#         from_port                    = 5432
#         to_port                      = 5432
#         referenced_security_group_id = aws_security_group.clients.id
#       }
package aws.ec2.high_risk_ports_closed_to_world

import data.lib.ports

# 8888 is Cassandra's OpsCenter, and elsewhere a notebook server.
_services := object.union(ports.services, {"cassandra": array.concat(ports.services.cassandra, [8888])})

_named contains port if {
	some open in _services
	some port in open
}

_is_named(port) if port in _named

_topics := object.union(
	{service: [port | some port in open; port in data.params.high_risk_ports] | some service, open in _services},
	{"other": [port | some port in data.params.high_risk_ports; not _is_named(port)]},
)

deny contains {"message": message, "path": path, "topic": topic} if {
	some index, reach in input.resource.facts.world_ingress.value
	reach.protocol in {"tcp", "all"}
	some topic, judged in _topics
	open := [port | some port in judged; ports.admits(reach, "tcp", port)]
	count(open) > 0
	path := ["facts", "world_ingress", "value", index]
	message := sprintf("%s is open to %s", [ports.named(open, topic), ports.world(reach)])
}
