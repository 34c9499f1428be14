-- finance.effective_positions(gross, weighted), finance.diversification_ratio(undiversified, squared):
--   as db/functions/finance/diversification.sql
create or replace function finance.effective_positions(gross double, weighted double) returns double
return case when gross > 0 and weighted > 1e-12D * gross * gross then gross * gross / weighted end;

create or replace function finance.diversification_ratio(undiversified double, squared double) returns double
return case
    when undiversified > 0 and squared > 1e-12D * undiversified * undiversified then undiversified / sqrt(squared)
end
