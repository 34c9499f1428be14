-- finance.components(edges): every end of an edge → the smallest end that can be reached from it
--   all begin as their own; an edge gives the larger of its two labels the smaller one, wherever the larger stands
create or replace function finance.components(edges array<struct<a: int, b: int>>) returns map<int, int>
return aggregate(
    edges,
    map_from_arrays(
        array_distinct(concat(transform(edges, e -> e.a), transform(edges, e -> e.b))),
        array_distinct(concat(transform(edges, e -> e.a), transform(edges, e -> e.b)))
    ),
    (labels, e) -> transform_values(
        labels,
        (k, label) -> case
            when label = greatest(labels[e.a], labels[e.b]) then least(labels[e.a], labels[e.b]) else label
        end
    )
)
