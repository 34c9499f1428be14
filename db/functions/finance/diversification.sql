-- finance.effective_positions(gross, weighted): how many equal, uncorrelated positions a book amounts to,
--   1 / (sum over i, j of w_i * w_j * rho_ij) with w = exposure / gross: gross^2 / weighted
-- finance.diversification_ratio(undiversified, squared): what the holdings would move if they all moved together, over what they do:
--   (sum of |e_i| * sigma_i) / sqrt(sum over i, j of e_i * e_j * sigma_i * sigma_j * rho_ij); 1 or more
-- Both are null where the holdings cancel each other: a millionth of what they would be together is a rounding error.
create or replace function finance.effective_positions(gross double precision, weighted double precision)
returns double precision
language sql immutable parallel safe
return case when gross > 0 and weighted > 1e-12::double precision * gross * gross then gross * gross / weighted end;

create or replace function finance.diversification_ratio(undiversified double precision, squared double precision)
returns double precision
language sql immutable parallel safe
return case
    when undiversified > 0 and squared > 1e-12::double precision * undiversified * undiversified
        then undiversified / sqrt(squared)
end;
