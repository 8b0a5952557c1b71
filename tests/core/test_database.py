"""How the registry speaks to its database."""

import pytest
from django.db import connection


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="an option of PostgreSQL")
def test_postgresql_does_not_compile_a_list_before_it_answers():
    """The many small conditions of the follow-up list took it over ten seconds, the answer itself a tenth of one."""
    with connection.cursor() as cursor:
        cursor.execute("show jit")
        assert cursor.fetchone() == ("off",)
