"""Hypercorn settings that its command line does not offer."""

include_date_header = False
include_server_header = False
# Hypercorn closes a connection after 1000 requests unless told otherwise.
keep_alive_max_requests = 2**62
