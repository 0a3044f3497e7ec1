//! The budgets of `ACCESS_PATTERNS.md`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

/// What one access pattern needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// Round trips one after another.
    pub trips: f64,
    /// Read units.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
}

/// The rows of the budget table by name, such as `AP-09 new customer`.
#[derive(Debug)]
pub struct Budgets(BTreeMap<String, Budget>);

impl Budgets {
    /// Reads every table that has the columns `#`, `Trips`, `Read units` and `Write units`, in any order and beside others.
    ///
    /// # Errors
    /// When no table has these columns, or a cell is not a number.
    pub fn parse(document: &str) -> Result<Self> {
        let mut rows = BTreeMap::new();
        let mut columns = None;
        for line in document.lines() {
            let Some(cells) = cells(line) else {
                columns = None;
                continue;
            };
            match columns {
                None => columns = Some(Columns::find(&cells)),
                Some(Some(Columns { name, trips, reads, writes }))
                    if cells.get(name).is_some_and(|c| c.starts_with("AP-")) =>
                {
                    let number = |at: usize| -> Result<f64> {
                        let text = cells.get(at).copied().unwrap_or_default();
                        text.parse()
                            .with_context(|| format!("ACCESS_PATTERNS.md: {}: `{text}` is not a number", cells[name]))
                    };
                    let budget = Budget { trips: number(trips)?, reads: number(reads)?, writes: number(writes)? };
                    rows.insert(cells[name].to_owned(), budget);
                }
                Some(_) => {}
            }
        }
        if rows.is_empty() {
            bail!("ACCESS_PATTERNS.md has no table with the columns `#`, `Trips`, `Read units` and `Write units`");
        }
        Ok(Self(rows))
    }

    /// Returns a row if the table has it.
    #[must_use]
    pub fn get(&self, row: &str) -> Option<Budget> {
        self.0.get(row).copied()
    }

    /// Returns a row.
    ///
    /// # Errors
    /// When the table does not have it.
    pub fn row(&self, row: &str) -> Result<Budget> {
        self.get(row).with_context(|| format!("ACCESS_PATTERNS.md has no row `{row}`, which infra/costs.toml names"))
    }
}

#[derive(Debug, Clone, Copy)]
struct Columns {
    name: usize,
    trips: usize,
    reads: usize,
    writes: usize,
}

impl Columns {
    fn find(header: &[&str]) -> Option<Self> {
        let at = |title: &str| header.iter().position(|cell| cell.eq_ignore_ascii_case(title));
        Some(Self { name: at("#")?, trips: at("Trips")?, reads: at("Read units")?, writes: at("Write units")? })
    }
}

/// Returns the cells of a table's line.
fn cells(line: &str) -> Option<Vec<&str>> {
    let line = line.trim().strip_prefix('|')?;
    Some(line.strip_suffix('|').unwrap_or(line).split('|').map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::{Budget, Budgets};

    #[test]
    fn columns_are_found_by_their_header() {
        let text = "
| # | Write units | Mid-life | Trips | Read units |
|---|---|---|---|---|
| AP-01 | 4 | 5 | 1 | 0.5 |

| Step | # | Bound |
|---|---|---|
| Count | AP-42 | One |
";
        let budgets = Budgets::parse(text).expect("a table");
        assert_eq!(budgets.get("AP-01"), Some(Budget { trips: 1.0, reads: 0.5, writes: 4.0 }));
        assert_eq!(budgets.get("AP-42"), None);
        let error = budgets.row("AP-99").expect_err("no such row").to_string();
        assert!(error.contains("no row `AP-99`"), "{error}");
    }

    #[test]
    fn missing_table_and_bad_number_are_errors() {
        assert!(Budgets::parse("| a | b |\n|---|---|\n| AP-01 | 1 |\n").is_err());
        let text = "| # | Trips | Read units | Write units |\n|---|---|---|---|\n| AP-01 | 1 | many | 2 |\n";
        assert!(Budgets::parse(text).expect_err("not a number").to_string().contains("many"));
    }
}
