//! The schema and the steps that lead to it.
//!
//! The list only ever grows: a step that has been released is never changed, because databases
//! that went through it exist. The tables are described in `schema.md`.

use rusqlite::{Connection, TransactionBehavior};

/// Marks a database as ours (`PRAGMA application_id`): "toll" in ASCII.
pub(crate) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"toll");

/// Step *k* leads from version *k* to version *k* + 1 (`PRAGMA user_version`).
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("schema/001-run.sql"),
    include_str!("schema/002-instruments.sql"),
];

/// The version that this tool writes.
pub(crate) fn newest() -> u32 {
    MIGRATIONS.len() as u32
}

/// The version of a database.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Takes the steps that are missing, each in a transaction with the version it leads to.
pub(crate) fn migrate(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    for (index, step) in steps.iter().enumerate().skip(version(connection)? as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", index as u32 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use toll_core::metric::Metric;
    use toll_core::sample::Instrument;

    use super::*;

    fn tables(connection: &Connection) -> Vec<String> {
        let mut query = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            .unwrap();
        query
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap()
    }

    #[test]
    fn every_step_from_every_version_leads_to_the_same_tables() {
        let mut whole = Connection::open_in_memory().unwrap();
        migrate(&mut whole, MIGRATIONS).unwrap();
        for start in 0..=MIGRATIONS.len() {
            let mut stepwise = Connection::open_in_memory().unwrap();
            migrate(&mut stepwise, &MIGRATIONS[..start]).unwrap();
            assert_eq!(version(&stepwise).unwrap(), start as u32);
            migrate(&mut stepwise, MIGRATIONS).unwrap();
            assert_eq!(version(&stepwise).unwrap(), newest());
            assert_eq!(tables(&stepwise), tables(&whole));
        }
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = [
            "CREATE TABLE one (x)",
            "CREATE TABLE two (x); CREATE TABLE one (x)",
        ];
        assert!(migrate(&mut connection, &steps).is_err());
        assert_eq!(version(&connection).unwrap(), 1);
        assert_eq!(tables(&connection), ["one"]);
    }

    /// What schema.md says of a table.
    fn section(table: &str) -> &'static str {
        include_str!("../schema.md")
            .split("\n## ")
            .find(|part| part.starts_with(&format!("`{table}`")))
            .unwrap_or_else(|| panic!("schema.md does not describe {table}"))
    }

    #[test]
    fn every_instrument_and_metric_is_described() {
        for instrument in Instrument::EVERY {
            let name = instrument.name();
            assert!(section("series_instrument").contains(&format!("`{name}`")));
            assert!(section("reading").contains(&format!("| {name} |")));
        }
        for metric in Metric::ALL {
            let name = metric.name();
            assert!(
                section("reading").contains(&format!("`{name}`")),
                "schema.md does not name the metric {name}"
            );
        }
    }

    #[test]
    fn every_table_and_column_is_described() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        for table in tables(&connection) {
            let section = section(&table);
            let mut query = connection
                .prepare("SELECT name FROM pragma_table_info(?1)")
                .unwrap();
            for column in query
                .query_map([&table], |row| row.get::<_, String>(0))
                .unwrap()
            {
                let column = column.unwrap();
                assert!(
                    section.contains(&format!("| `{column}` |")),
                    "schema.md does not describe {table}.{column}"
                );
            }
        }
    }
}
