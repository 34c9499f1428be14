-- finance.parametric_var_95(stddev): as db/functions/finance/parametric_var.sql
create or replace function finance.parametric_var_95(pnl_stddev double) returns double
return 1.6448536269514722D * pnl_stddev
