"""What the sections of a report are called."""

ENGINES = {
    "portfolio_snapshot": "Value and P&L",
    "position_exposures": "Exposures",
    "performance": "Returns",
    "risk_metrics": "Risk",
    "risk_contributions": "Contributions to risk",
    "factor_analysis": "Factors",
    "greeks_aggregation": "Greeks",
    "correlation_analysis": "Correlations",
    "stress_testing": "Stress tests",
    "interest_rate_betas": "Interest rates",
    "market_data": "Market data",
}
