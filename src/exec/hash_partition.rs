//! Partitions rows by a hash, so that equal rows are in one partition.

use super::keys::{RowHasher, hash_rows};
use crate::column::Column;

/// Which part each of some rows belongs to.
pub(super) struct HashPartitions {
    part_of_row: Vec<u32>,
    /// The rows of each part, in order, and their hashes.
    rows: Vec<(Vec<u32>, Vec<u32>)>,
}

/// The rows of one part.
pub(super) struct HashPartition {
    /// Which of all rows they are.
    pub(super) rows: Vec<u32>,
    /// Equal for equal rows, within the part as good as any.
    pub(super) hashes: Vec<u32>,
    pub(super) columns: Vec<Column>,
}

impl HashPartitions {
    /// The rows by a hash of some columns.
    pub(super) fn new(columns: &[Column], len: usize, hasher: &RowHasher, parts: usize) -> Self {
        let about = len / parts + len / parts / 8 + 1;
        let mut rows: Vec<_> =
            (0..parts).map(|_| (Vec::with_capacity(about), Vec::with_capacity(about))).collect();
        let mut part_of_row = Vec::with_capacity(len);
        for (row, hash) in (0_u32..).zip(hash_rows(columns, len, hasher)) {
            // The upper half, in equal parts.
            let part = ((hash >> 32) * parts as u64) >> 32;
            part_of_row.push(part as u32);
            if let Some((rows, hashes)) = rows.get_mut(part as usize) {
                rows.push(row);
                hashes.push(hash as u32);
            }
        }
        Self { part_of_row, rows }
    }

    /// For each part its rows, and what the columns hold in them.
    pub(super) fn split(self, columns: &[Column]) -> Vec<HashPartition> {
        let mut parts: Vec<Vec<Column>> =
            self.rows.iter().map(|_| Vec::with_capacity(columns.len())).collect();
        for column in columns {
            match column {
                // One pass over the texts finds each of them in the cache; one for each part would not.
                Column::String(texts) if texts.dictionary().is_none() => {
                    let split = texts.split(&self.part_of_row, self.rows.iter().map(|(rows, _)| rows.len()));
                    parts.iter_mut().zip(split).for_each(|(part, texts)| part.push(Column::String(texts)));
                }
                _ => {
                    let takes = self.rows.iter().map(|(rows, _)| column.take(rows));
                    parts.iter_mut().zip(takes).for_each(|(part, column)| part.push(column));
                }
            }
        }
        let shares = self.rows.into_iter().zip(parts);
        shares.map(|((rows, hashes), columns)| HashPartition { rows, hashes, columns }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::StringColumn;

    #[test]
    fn parts_have_each_row_once_and_equal_rows_together() {
        let texts: Vec<String> = (0..500).map(|n| format!("text {}", n % 130)).collect();
        let plain: StringColumn = texts.iter().map(String::as_str).collect();
        let columns = [Column::String(plain.clone()), Column::longs((0..500).collect())];
        let shares = HashPartitions::new(&columns[..1], 500, &RowHasher::default(), 7);
        let mut seen = vec![None; 500];
        let mut hashes_of = std::collections::HashMap::new();
        for (part, HashPartition { rows, hashes, columns }) in shares.split(&columns).into_iter().enumerate()
        {
            for (at, &row) in rows.iter().enumerate() {
                assert_eq!(*hashes_of.entry(row % 130).or_insert(hashes[at]), hashes[at]);
                assert_eq!(columns[0].value(at).to_text().as_ref(), texts[row as usize]);
                assert_eq!(columns[1].value(at).as_long(), Some(i64::from(row)));
                assert!(seen[row as usize].replace(part).is_none());
            }
        }
        assert!((130..500).all(|row| seen[row] == seen[row % 130] && seen[row].is_some()));
    }
}
