"""`manage.py demo`: database, sample company, web and worker in one terminal."""
