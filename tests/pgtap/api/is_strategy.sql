-- api.is_strategy: tags that stand for strategies
select plan(1);
select is(
    array(select api.is_strategy(name) from unnest(array['#strategy:pairs', '#Strategy:', '#strategy', 'strategy:x', '', null]) with ordinality as t (name, n) order by n),
    array[true, true, false, false, false, null], 'by the first letters, in any case'
);
select * from finish();
