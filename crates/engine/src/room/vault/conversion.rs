//! All values of a disk, table by table, in steps of a few records: each a transaction in which
//! what is read is put back in its other form.
//!
//! ```text
//!  (table, from) ── first records from there on, converted, stored ──► beyond the last of them …
//! ```
//! It keeps no place on the disk: whoever begins anew finds what was converted already, and passes
//! over it. Keys of rooms come first.

use crate::io::Table;

/// The order of the tables.
const TABLES: [Table; 5] =
    [Table::Rooms, Table::State, Table::Projections, Table::Timeline, Table::Runs];

/// How far it has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    table: usize,
    from: Vec<u8>,
}

impl Conversion {
    /// Where the next step begins: a table and its first key; nothing if all is done.
    #[must_use]
    pub fn next(&self) -> Option<(Table, &[u8])> {
        TABLES.get(self.table).map(|table| (*table, self.from.as_slice()))
    }

    /// A step is stored: it went up to this key, or to the end of the table.
    pub fn pass(&mut self, last: Option<Vec<u8>>) {
        match last {
            Some(mut last) => {
                // The first key behind it.
                last.push(0);
                self.from = last;
            }
            None => {
                self.table += 1;
                self.from = Vec::new();
            }
        }
    }
}
