-- That the runner sees pgTAP, and the tables that the migrations made.
select plan(3);
select has_table('app', 'positions', 'the migrations were applied');
select has_table('ops', 'schema_migrations', 'and noted');
select col_is_pk('ops', 'schema_migrations', 'file_name', 'each file once');
select * from finish();
