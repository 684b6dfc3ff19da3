//! One file a tabular operator, named as in the parser, with the operator's reference entry. They must not know one another.

mod as_;
mod consume;
mod distinct;
mod evaluate;
mod execute_and_cache;
mod extend;
mod facet;
mod find;
mod fork;
mod get_schema;
mod invoke;
mod join;
mod macro_expand;
mod make_series;
mod mv_apply;
mod mv_expand;
mod parameters;
mod parse;
mod parse_kv;
mod partition;
mod print;
mod project;
mod range;
mod reduce;
mod render;
mod sample;
mod scan;
mod search;
mod sort;
mod summarize;
mod take;
mod top_hitters;
mod top_nested;
mod union;
mod where_;

use crate::reference::LanguageEntry;

/// The operators that run.
pub(super) const ENTRIES: &[LanguageEntry] = &[
    as_::ENTRY,
    consume::ENTRY,
    distinct::COUNT,
    distinct::ENTRY,
    evaluate::ENTRY,
    execute_and_cache::ENTRY,
    extend::ENTRY,
    extend::SERIALIZE,
    facet::ENTRY,
    find::ENTRY,
    fork::ENTRY,
    get_schema::ASSERT_SCHEMA,
    get_schema::ENTRY,
    invoke::ENTRY,
    join::ENTRY,
    join::LOOKUP,
    macro_expand::ENTRY,
    make_series::ENTRY,
    mv_apply::ENTRY,
    mv_expand::ENTRY,
    parse::PARSE,
    parse::PARSE_WHERE,
    parse_kv::ENTRY,
    partition::ENTRY,
    print::ENTRY,
    project::PROJECT,
    project::PROJECT_AWAY,
    project::PROJECT_BY_NAMES,
    project::PROJECT_KEEP,
    project::PROJECT_RENAME,
    project::PROJECT_REORDER,
    range::ENTRY,
    reduce::ENTRY,
    render::ENTRY,
    sample::SAMPLE,
    sample::SAMPLE_DISTINCT,
    scan::ENTRY,
    search::ENTRY,
    sort::SORT,
    sort::TOP,
    summarize::ENTRY,
    take::ENTRY,
    top_hitters::ENTRY,
    top_nested::ENTRY,
    union::ENTRY,
    where_::ENTRY,
];
