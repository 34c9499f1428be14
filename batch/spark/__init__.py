"""`dbt build --target spark`: the heavy models on Apache Spark, published by the database as always (docs/spark.md)."""
