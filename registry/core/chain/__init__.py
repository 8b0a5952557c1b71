"""The hash chain over what is only ever added: history and the access log.

Every row carries a digest of its content; every change has one link over the digests of its rows and over the link
before it; every link is sealed with a key that is not in the database. Who can write to the database, and has not the
key, can change nothing that ``manage.py verify_history`` does not name; a head that is kept outside shows a chain that
was cut short.

``digests`` makes a row's digest, ``links`` the links, ``triggers`` keeps the tables closed, ``opening`` begins the
chain of an installation, ``checking`` walks it.
"""
