//! A unit of a test file: a test, or one case of a test, under the layers of its case, its test and its file. Of what the
//! layers say, the nearest counts.

use std::borrow::Cow;
use std::ops::Range;

use kqlite::{DateTime, ScalarType};

use super::cell::Cells;
use super::expect::Expectation;
use super::file::TestFile;
use super::fixture_spec::{FixtureSpec, Patch, RowSource};
use super::layer::{Layer, RuleText};
use super::period::Period;
use crate::rule::Rule;
use crate::yaml::{YamlKey, YamlNode};

/// What `now()` gives where a test file says nothing.
pub const DEFAULT_NOW: &str = "2024-06-30T12:00:00Z";

/// A test without cases, or one case of a test.
#[derive(Clone, Copy)]
pub(crate) struct Unit<'f> {
    pub file: &'f TestFile,
    pub test: usize,
    pub case: Option<usize>,
}

/// Declared columns and their types.
pub(crate) type Columns = [(YamlKey, ScalarType)];

impl<'f> Unit<'f> {
    /// What is said about the unit, from the nearest to the farthest.
    pub fn layers(&self) -> impl Iterator<Item = &'f Layer> + Clone + use<'f> {
        let test = self.file.tests.get(self.test);
        let case = test.zip(self.case).and_then(|(test, case)| test.cases.get(case));
        let own = case.map(|case| &case.layer).into_iter().chain(test.map(|test| &test.layer));
        own.chain([&self.file.shared, &self.file.repository.layer])
    }

    /// The layer is that of the test or the case, and not of the file or its repository.
    fn is_own(&self, layer: &Layer) -> bool {
        !std::ptr::eq(layer, &raw const self.file.shared)
            && !std::ptr::eq(layer, &raw const self.file.repository.layer)
    }

    /// A table is given by the settings of the repository alone.
    pub fn is_of_repository(&self, key: &YamlKey) -> bool {
        self.file.repository.layer.tables.iter().any(|(it, _)| std::ptr::eq(it, key))
    }

    /// Its name; that of a case comes after its test's.
    pub fn name(&self) -> String {
        let Some(test) = self.file.tests.get(self.test) else { return String::new() };
        match self.case.and_then(|case| test.cases.get(case)) {
            Some(case) => format!("{} › {}", test.name, case.name),
            None => test.name.clone(),
        }
    }

    /// Where it stands in the file.
    pub fn at(&self) -> Range<usize> {
        let Some(test) = self.file.tests.get(self.test) else { return 0..0 };
        self.case
            .and_then(|case| test.cases.get(case))
            .map_or_else(|| test.at.clone(), |case| case.at.clone())
    }

    pub fn tags(&self) -> Vec<String> {
        let mut tags: Vec<String> = self.layers().flat_map(|layer| &layer.tags).cloned().collect();
        tags.sort();
        tags.dedup();
        tags
    }

    pub fn skip(&self) -> Option<&'f str> {
        self.layers().find_map(|layer| layer.skip.as_deref())
    }

    /// What is expected, the nearest of each kind.
    pub fn expected(&self) -> Vec<&'f Expectation> {
        let mut expected: Vec<&Expectation> = Vec::new();
        for it in self.layers().flat_map(|layer| &layer.expected) {
            // A case that expects an error expects no answer, and the other way round.
            let hides =
                |other: &Expectation| other.key == it.key || (other.key == "error") != (it.key == "error");
            if !expected.iter().any(|other| hides(other)) {
                expected.push(it);
            }
        }
        expected
    }

    /// The rule that it names: a path or a text, and where it is named.
    pub fn rule_text(&self) -> Option<&'f RuleText> {
        self.layers().find_map(|layer| layer.rule.as_ref())
    }

    pub fn now(&self) -> DateTime {
        let said = self.layers().find_map(|layer| layer.now);
        said.or_else(|| DateTime::parse(DEFAULT_NOW)).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// The span of time whose rows the rule sees.
    pub fn period(&self, rule: &Rule) -> Option<Period> {
        Period::of(rule, self.layers().find_map(|layer| layer.period))
    }

    /// Names and nodes of one kind, the nearest of each name.
    pub fn nearest<T>(&self, of: impl Fn(&'f Layer) -> &'f [(YamlKey, T)]) -> Vec<(&'f YamlKey, &'f T)> {
        let mut found: Vec<(&YamlKey, &T)> = Vec::new();
        for (key, value) in self.layers().flat_map(&of) {
            if !found.iter().any(|(other, _)| other.text == key.text) {
                found.push((key, value));
            }
        }
        found
    }

    /// A `$` may be a placeholder.
    pub fn has_placeholders(&self) -> bool {
        self.layers().any(|layer| !layer.with.is_empty())
    }

    pub fn cells(&self) -> Cells<'f> {
        let with = self.nearest(|layer| &layer.with);
        let with = with.into_iter().map(|(key, node)| (key, Cow::Borrowed(node))).collect();
        Cells { source: &self.file.source, now: self.now(), with }
    }

    /// The cells that rows of tables start from or end with: their tables, and whether the test or the case says so.
    pub fn patches(&self, of: impl Fn(&'f Layer) -> &'f [Patch]) -> Vec<(&'f YamlKey, bool)> {
        self.layers()
            .flat_map(|layer| of(layer).iter().map(move |(key, _)| (key, self.is_own(layer))))
            .collect()
    }

    /// The patches of a table, from the weakest to the strongest.
    pub fn patches_of(
        &self,
        table: &str,
        of: impl Fn(&'f Layer) -> &'f [Patch],
    ) -> Vec<&'f [(YamlKey, YamlNode)]> {
        let found = self.layers().flat_map(of).filter(|(key, _)| key.text == table);
        let mut patches: Vec<&[(YamlKey, YamlNode)]> = found.map(|(_, cells)| cells.as_slice()).collect();
        patches.reverse();
        patches
    }

    /// The nearest key of a fixture, its rows, its declared columns from far to near; and whether the rows are the unit's.
    pub fn fixture(
        &self,
        name: &str,
        of: impl Fn(&'f Layer) -> &'f [(YamlKey, FixtureSpec)],
    ) -> (Option<(&'f YamlKey, &'f FixtureSpec)>, Vec<&'f Columns>, bool) {
        let mut columns = Vec::new();
        let mut rows = None;
        let mut own = false;
        for layer in self.layers() {
            for (key, fixture) in of(layer).iter().filter(|(key, _)| key.text == name) {
                columns.extend(fixture.columns.as_deref());
                own |= self.is_own(layer);
                if rows.is_none() && !matches!(fixture.rows, RowSource::Unspecified) {
                    rows = Some((key, fixture));
                }
            }
        }
        columns.reverse();
        (rows, columns, own)
    }
}

/// The units of a file: its tests, or their cases.
pub(crate) fn units(file: &TestFile) -> impl Iterator<Item = Unit<'_>> {
    file.tests.iter().enumerate().flat_map(move |(test, it)| {
        let single = it.cases.is_empty().then_some(Unit { file, test, case: None });
        let cases = (0..it.cases.len()).map(move |case| Unit { file, test, case: Some(case) });
        single.into_iter().chain(cases)
    })
}
