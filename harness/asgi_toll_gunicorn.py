"""Gunicorn settings that only some releases know.

On the command line an unknown option ends Gunicorn; a name in a settings file
that it does not know is passed over.
"""

control_socket_disable = True
