-- finance.correlation(a, b): the correlation of two histories over the sessions on which both have a value; null where one does not vary;
--   the sums of products are taken about the running means (Welford)
create or replace function finance.correlation(a array<double>, b array<double>) returns double
return aggregate(
    filter(zip_with(a, b, (x, y) -> named_struct('x', x, 'y', y)), one -> one.x is not null and one.y is not null),
    named_struct('n', 0D, 'mean_x', 0D, 'mean_y', 0D, 'xx', 0D, 'yy', 0D, 'xy', 0D),
    (s, one) -> named_struct(
        'n', s.n + 1,
        'mean_x', s.mean_x + (one.x - s.mean_x) / (s.n + 1),
        'mean_y', s.mean_y + (one.y - s.mean_y) / (s.n + 1),
        'xx', s.xx + (one.x - s.mean_x) * (one.x - s.mean_x) * s.n / (s.n + 1),
        'yy', s.yy + (one.y - s.mean_y) * (one.y - s.mean_y) * s.n / (s.n + 1),
        'xy', s.xy + (one.x - s.mean_x) * (one.y - s.mean_y) * s.n / (s.n + 1)
    ),
    s -> s.xy / nullif(sqrt(s.xx) * sqrt(s.yy), 0)
)
