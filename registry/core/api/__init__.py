"""The ground of the REST API: serializers and views over the write door, keyset paging, filters, problem documents."""
