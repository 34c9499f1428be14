-- api.cursor, api.cursor_place: where a page ended
select plan(11);
select is(place.number, given.value, 'a number comes back to the last bit: ' || given.value)
from (values (0.1::float8 + 0.2::float8), (-1e-300::float8), (0::float8), (1e300::float8)) as given (value)
cross join lateral api.cursor_place(
    api.cursor('weight', 'desc', given.value, null, '6d0c2cf0-0000-4000-8000-000000000001'), 'weight', 'desc'
) as place;
select is(place.letters, given.word, 'letters too: ' || given.word)
from (values ('BRK-B'), ('Zürich "?>~ÿ')) as given (word)
cross join lateral api.cursor_place(
    api.cursor('symbol', 'asc', null, given.word, '6d0c2cf0-0000-4000-8000-000000000001'), 'symbol', 'asc'
) as place;
select ok(api.cursor('symbol', 'asc', null, repeat('?>~ÿ', 50), gen_random_uuid()) ~ '^[A-Za-z0-9_-]+$', 'it fits into an address');
select results_eq(
    $$select * from api.cursor_place(null, 'symbol', 'asc')$$, $$values (null::float8, null::text, null::uuid)$$, 'no cursor is no place'
);
select throws_ok(
    $$select * from api.cursor_place(api.cursor('symbol', 'asc', null, 'A', gen_random_uuid()), 'symbol', 'desc')$$,
    'SS422', null, 'a place of another order is refused'
);
select throws_ok(
    format('select * from api.cursor_place(%L, %L, %L)', word, 'symbol', 'asc'), 'SS422', null, 'so is what is no cursor: ' || word
) from (values ('x'), ('W10')) as given (word);
select * from finish();
