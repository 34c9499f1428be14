-- finance.mock_greek(per_share, contracts): as db/functions/finance/mock_greek.sql
create or replace function finance.mock_greek(per_contract_share double, contracts double) returns double
return per_contract_share * abs(contracts) * 100
