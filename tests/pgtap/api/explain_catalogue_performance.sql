-- api.explain_catalogue_performance: the figures of performance, all of them in the catalogue
select plan(3);
select ok(count(*) > 20, 'there are many') from api.explain_catalogue_performance();
select is(count(*), count(distinct metric), 'each once') from api.explain_catalogue_performance();
select is_empty(
    $$select metric from api.explain_catalogue_performance() except select metric from api.explain_catalogue()$$, 'the catalogue holds them'
);
select * from finish();
