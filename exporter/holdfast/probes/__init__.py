"""Clients for databases: how their replication goes, asked at the databases themselves.

Here belong connections, questions and the reading of answers. Whom to ask is handed in; judging belongs to assessment.
"""
