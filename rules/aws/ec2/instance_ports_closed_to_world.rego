# METADATA
# title: Instances are not reached by the world on administration and database ports
# description: >-
#   The instance has a public address, a route to the internet gateway, and neither its
#   security groups nor the network ACL keep the world from this port: it is attacked
#   already.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-security-groups.html
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
# custom:
#   severity: critical
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     cis-5.0: ["5.1.2@cifs"]
#     prowler:
#       - "ec2_instance_port_cassandra_exposed_to_internet@cassandra"
#       - "ec2_instance_port_cifs_exposed_to_internet@cifs"
#       - "ec2_instance_port_elasticsearch_kibana_exposed_to_internet@elasticsearch-kibana"
#       - "ec2_instance_port_ftp_exposed_to_internet@ftp"
#       - "ec2_instance_port_kafka_exposed_to_internet@kafka"
#       - "ec2_instance_port_kerberos_exposed_to_internet@kerberos"
#       - "ec2_instance_port_ldap_exposed_to_internet@ldap"
#       - "ec2_instance_port_memcached_exposed_to_internet@memcached"
#       - "ec2_instance_port_mongodb_exposed_to_internet@mongodb"
#       - "ec2_instance_port_mysql_exposed_to_internet@mysql"
#       - "ec2_instance_port_oracle_exposed_to_internet@oracle"
#       - "ec2_instance_port_postgresql_exposed_to_internet@postgres"
#       - "ec2_instance_port_rdp_exposed_to_internet@rdp"
#       - "ec2_instance_port_redis_exposed_to_internet@redis"
#       - "ec2_instance_port_sqlserver_exposed_to_internet@sql-server"
#       - "ec2_instance_port_ssh_exposed_to_internet@ssh"
#       - "ec2_instance_port_telnet_exposed_to_internet@telnet"
#   reads: [facts.world_reach]
#   remediation:
#     text: >-
#       Take the entry out of the security group that is named; that closes the port
#       at once for new connections. Then move the instance behind a load balancer
#       or a VPN, and look at its logs: assume that somebody was there.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#     terraform: |
#       resource "aws_vpc_security_group_ingress_rule" "admin" {
#         security_group_id            = aws_security_group.this.id
#         ip_protocol                  = "tcp"
#         from_port                    = 22
#         to_port                      = 22
#         referenced_security_group_id = aws_security_group.clients.id
#       }
package aws.ec2.instance_ports_closed_to_world

import data.lib.ports

deny contains {"message": message, "path": path, "topic": topic} if {
	some index, reach in input.resource.facts.world_reach.value
	reach.protocol in {"tcp", "all"}
	some topic, judged in ports.services
	open := [port | some port in judged; ports.admits(reach, "tcp", port)]
	count(open) > 0
	path := ["facts", "world_reach", "value", index]
	message := sprintf("%s %s to %s at %s, by %s", [
		ports.named(open, topic), ports.is_open(reach), ports.world(reach), reach.address, concat(", ", reach.groups),
	])
}
