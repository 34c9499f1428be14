-- api.explain_catalogue_in_depth: the figures of risk in depth, all of them in the catalogue
select plan(3);
select ok(count(*) > 50, 'there are many') from api.explain_catalogue_in_depth();
select is(count(*), count(distinct metric), 'each once') from api.explain_catalogue_in_depth();
select is_empty(
    $$select metric from api.explain_catalogue_in_depth() except select metric from api.explain_catalogue()$$, 'the catalogue holds them'
);
select * from finish();
