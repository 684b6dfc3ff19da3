//! `name = value` before an operator's main part: `kind=inner`, `hint.strategy=shuffle`.

use super::expr::path_expression;
use super::input::{ListShape, Res, Tokens, absent, comma_list, is_list_end, missing_name, need, scan_text};
use super::literal::literal;
use super::name::{extended_name, name, name_reference, word_name};
use crate::diagnostic::Code;
use crate::syntax::ast::{At, Expression, FunctionCall, Name, NamedParameter};
use crate::syntax::expected::Expected;
use crate::syntax::token::{Token, TokenKind};

/// What a parameter's value may be, as far as reading it goes.
#[derive(Clone, Copy)]
pub(super) enum ParameterValue {
    /// A literal or a name.
    Any,
    /// One of these words, or a literal or a name that is refused later.
    Word(&'static [&'static str]),
    /// A name, declared or referred to.
    Name,
    /// ParameterNames with commas between them.
    Columns,
    /// A path, call or literal.
    Text,
}

/// A parameter that an operator has.
pub(super) struct ParameterSpec {
    pub(super) name: &'static str,
    pub(super) value: ParameterValue,
}

const fn any(name: &'static str) -> ParameterSpec {
    ParameterSpec { name, value: ParameterValue::Any }
}

const fn word(name: &'static str, words: &'static [&'static str]) -> ParameterSpec {
    ParameterSpec { name, value: ParameterValue::Word(words) }
}

const fn named(name: &'static str) -> ParameterSpec {
    ParameterSpec { name, value: ParameterValue::Name }
}

const CONCURRENCY: &[&str] = &["auto", "left", "local", "right", "unresolved"];
const SPREAD: &[&str] = &["auto", "local"];
const STRATEGIES: &[&str] = &["auto", "broadcast", "centralized", "shuffle"];

/// Parameters that every operator with parameters reads, whether it has them or not.
const KNOWN: &[ParameterSpec] = &[
    any("bagexpansion"),
    any("bin_legacy"),
    any("__crossCluster"),
    any("__crossDB"),
    any("decodeblocks"),
    any("expandoutput"),
    word("hint.concurrency", CONCURRENCY),
    word("hint.distribution", &["single", "per_node", "per_shard", "default"]),
    any("hint.materialized"),
    any("hint.num_partitions"),
    any("hint.pass_filters"),
    named("hint.pass_filters_column"),
    any("hint.progressive_top"),
    word("hint.remote", SPREAD),
    named("hint.shufflekey"),
    word("hint.spread", SPREAD),
    word("hint.strategy", STRATEGIES),
    any("__id"),
    any("isfuzzy"),
    any("__isFuzzy"),
    any("kind"),
    any("__noWithSource"),
    named("__packedColumn"),
    any("__sourceColumnIndex"),
    word("cycles", CYCLES),
    named("with_match_id"),
    named("with_itemindex"),
    named("withsource"),
    named("with_source"),
    named("with_step_name"),
    any("force_remote"),
];

const CYCLES: &[&str] = &["none", "all", "unique_edges"];

pub(super) const NO_PARAMETERS: &[ParameterSpec] = &[];
pub(super) const CONSUME: &[ParameterSpec] = &[any("decodeblocks")];
pub(super) const JOIN: &[ParameterSpec] = &[
    word(
        "kind",
        &[
            "inner",
            "fullouter",
            "innerunique",
            "leftantisemi",
            "leftanti",
            "anti",
            "leftouter",
            "leftsemi",
            "rightantisemi",
            "rightanti",
            "rightouter",
            "rightsemi",
        ],
    ),
    word("hint.remote", CONCURRENCY),
];
pub(super) const LOOKUP: &[ParameterSpec] = &[word("kind", &["inner", "leftouter"])];
pub(super) const MAKE_SERIES: &[ParameterSpec] = &[word("kind", &["nonempty"])];
pub(super) const MV_APPLY: &[ParameterSpec] = &[named("with_itemindex")];
pub(super) const MV_EXPAND: &[ParameterSpec] =
    &[word("kind", MV_EXPAND_KINDS), word("bagexpansion", MV_EXPAND_KINDS), named("with_itemindex")];
const MV_EXPAND_KINDS: &[&str] = &["bag", "array"];
pub(super) const PARSE: &[ParameterSpec] = &[word("kind", &["simple", "regex", "relaxed"]), any("flags")];
pub(super) const PARSE_KV: &[ParameterSpec] =
    &[any("pair_delimiter"), any("kv_delimiter"), any("regex"), any("quote"), any("escape"), any("greedy")];
pub(super) const PARTITION: &[ParameterSpec] = &[word("hint.strategy", &["shuffle", "native", "legacy"])];
pub(super) const REDUCE: &[ParameterSpec] = &[any("threshold"), any("characters")];
pub(super) const SCAN: &[ParameterSpec] = &[word("kind", &["partial", "full"]), named("with_match_id")];
pub(super) const SEARCH: &[ParameterSpec] =
    &[word("kind", &["default", "case_insensitive", "case_sensitive"])];
pub(super) const SORT: &[ParameterSpec] = &[word("hint.strategy", &["splitBlock", "multipleBlocks"])];
pub(super) const UNION: &[ParameterSpec] = &[
    word("kind", &["inner", "outer"]),
    named("withsource"),
    named("with_source"),
    any("isfuzzy"),
    any("best_effort"),
];
pub(super) const GRAPH_MATCH: &[ParameterSpec] = &[word("cycles", CYCLES)];
pub(super) const GRAPH_SHORTEST_PATHS: &[ParameterSpec] = &[word("output", &["any", "all"])];
pub(super) const GRAPH_MARK_COMPONENTS: &[ParameterSpec] =
    &[word("kind", &["weak", "strong"]), named("with_component_id")];
pub(super) const GRAPH_NODES: &[ParameterSpec] = &[named("with_node_id")];
pub(super) const GRAPH_EDGES: &[ParameterSpec] = &[named("with_source_id"), named("with_target_id")];
pub(super) const RENDER_WITH: &[ParameterSpec] = &[
    word("kind", RENDER_KINDS),
    ParameterSpec { name: "title", value: ParameterValue::Text },
    any("accumulate"),
    named("xcolumn"),
    ParameterSpec { name: "ycolumns", value: ParameterValue::Columns },
    ParameterSpec { name: "anomalycolumns", value: ParameterValue::Columns },
    ParameterSpec { name: "series", value: ParameterValue::Columns },
    ParameterSpec { name: "xtitle", value: ParameterValue::Text },
    ParameterSpec { name: "ytitle", value: ParameterValue::Text },
    word("xaxis", &["linear", "log"]),
    word("yaxis", &["linear", "log"]),
    word("legend", &["visible", "hidden"]),
    word("ysplit", &["none", "axes", "panels"]),
    any("ymin"),
    any("ymax"),
    any("xmin"),
    any("xmax"),
];
pub(super) const RENDER_KINDS: &[&str] = &["default", "unstacked", "stacked100", "stacked", "map"];

/// Which names an operator's parameters may have.
#[derive(Clone, Copy)]
pub(super) struct ParameterNames {
    /// Those that the operator has.
    pub(super) own: &'static [ParameterSpec],
    /// Those of other operators too.
    pub(super) known: bool,
    /// Only a name that `=` follows is a parameter; otherwise it may be a column.
    pub(super) equal: bool,
}

/// How many tokens a parameter's name takes, and what its value is.
fn scan_parameter(i: Tokens<'_>, ahead: usize, names: ParameterNames) -> Option<(usize, ParameterValue)> {
    let is_followed = |count: usize| !names.equal || i.peek(ahead + count).kind == TokenKind::Equal;
    let token = i.peek(ahead);
    if token.kind == TokenKind::End && ahead == 0 {
        let hints = KNOWN.iter().filter(|it| names.known && it.name.starts_with("hint."));
        names.own.iter().chain(hints).for_each(|it| i.expects(0, Expected::Parameter(it.name)));
    }
    if !matches!(token.kind, TokenKind::Word(_)) {
        return None;
    }
    let text = i.text(token);
    if let Some(it) = names.own.iter().find(|it| it.name == text)
        && is_followed(1)
    {
        return Some((1, it.value));
    }
    if !names.known {
        return None;
    }
    if let Some(it) = KNOWN.iter().find(|it| it.name == text) {
        return is_followed(1).then_some((1, it.value));
    }
    KNOWN
        .iter()
        .filter(|it| it.name.starts_with("hint.") && text == "hint")
        .find_map(|it| Some((scan_text(i.skip(ahead), it.name)?, it.value)))
        .filter(|(count, _)| is_followed(*count))
}

/// A word that names a parameter stands ahead.
pub(super) fn is_parameter(i: Tokens<'_>, ahead: usize) -> bool {
    scan_parameter(i, ahead, ParameterNames { own: NO_PARAMETERS, known: true, equal: false }).is_some()
}

/// `name = value`, if a parameter begins here.
fn parameter(i: Tokens<'_>, names: ParameterNames) -> Res<'_, NamedParameter> {
    let Some((count, value)) = scan_parameter(i, 0, names) else { return absent() };
    let start = i.peek(0);
    let after = i.skip(count);
    let name = joined_name(after, start);
    let after = need(after, TokenKind::Equal, "=");
    let (after, value) = parameter_value(after, value, names.own);
    Ok((after, NamedParameter { name, value, at: after.since(start) }))
}

/// The name that the tokens from `start` up to here make up.
pub(super) fn joined_name(after: Tokens<'_>, start: Token) -> Name {
    let at = after.since(start);
    Name { text: after.slice(at.0).to_owned(), bracketed: false, at }
}

/// Parameters one after the other, where only a name before `=` is one.
pub(super) fn parameters<'p>(
    i: Tokens<'p>,
    own: &'static [ParameterSpec],
) -> (Tokens<'p>, Vec<NamedParameter>) {
    super::input::list(i, |i| parameter(i, ParameterNames { own, known: true, equal: true }))
}

/// Parameters one after the other, where every parameter's name is one.
pub(super) fn leading_parameters<'p>(
    i: Tokens<'p>,
    own: &'static [ParameterSpec],
) -> (Tokens<'p>, Vec<NamedParameter>) {
    super::input::list(i, |i| parameter(i, ParameterNames { own, known: true, equal: false }))
}

/// Parameters with commas between them.
pub(super) fn parameter_list<'p>(
    i: Tokens<'p>,
    own: &'static [ParameterSpec],
    known: bool,
) -> (Tokens<'p>, Vec<NamedParameter>) {
    comma_list(
        i,
        ListShape::ANY,
        |i| parameter(i, ParameterNames { own, known, equal: false }),
        missing_parameter,
    )
}

/// One parameter of a given name; none if `=` does not follow.
pub(super) fn named_parameter<'p>(
    i: Tokens<'p>,
    name: &'static str,
    value: ParameterValue,
) -> Res<'p, NamedParameter> {
    i.expects(0, Expected::Parameter(name));
    match scan_text(i, name) {
        Some(count) if i.peek(count).kind == TokenKind::Equal => {
            let start = i.peek(0);
            let after = i.skip(count);
            let name = joined_name(after, start);
            let (after, value) = parameter_value(after.skip(1), value, NO_PARAMETERS);
            Ok((after, NamedParameter { name, value, at: after.since(start) }))
        }
        _ => absent(),
    }
}

/// Records that a parameter is missing.
pub(super) fn missing_parameter(i: Tokens<'_>) -> NamedParameter {
    i.missing(Code::Expected, "a parameter such as name = value");
    let gap = At(i.gap());
    NamedParameter {
        name: Name { text: String::new(), bracketed: false, at: gap },
        value: Expression::Missing(gap),
        at: gap,
    }
}

/// Records that a value is missing.
pub(super) fn missing_value(i: Tokens<'_>) -> Expression {
    i.missing(Code::Expected, "a value");
    Expression::Missing(At(i.gap()))
}

/// A parameter's value, which has to be there.
pub(super) fn parameter_value<'p>(
    i: Tokens<'p>,
    value: ParameterValue,
    own: &'static [ParameterSpec],
) -> (Tokens<'p>, Expression) {
    let read = match value {
        // A name that may be anything is none that somebody knows.
        ParameterValue::Any => i.quietly(|| any_value(i)),
        ParameterValue::Word(words) => word_value(i, words).or_else(|_| i.quietly(|| any_value(i))),
        ParameterValue::Name => match name(i) {
            Ok((i, name)) => Ok((i, Expression::Name(name))),
            Err(_) => any_value(i),
        },
        ParameterValue::Text => i.quietly(|| path_expression(i)),
        ParameterValue::Columns => return column_list(i, |i| is_column_list_end(i, NO_PARAMETERS), own),
    };
    match (read, value) {
        (Ok(found), _) => found,
        (Err(_), ParameterValue::Name) => (i, Expression::Name(missing_name(i))),
        (Err(_), _) => (i, missing_value(i)),
    }
}

/// A literal, or a name.
pub(super) fn any_value(i: Tokens<'_>) -> Res<'_, Expression> {
    literal(i).or_else(|_| {
        if i.peek(0).is_name() {
            Ok((i.skip(1), Expression::Name(word_name(i, i.peek(0)))))
        } else {
            name_reference(i)
        }
    })
}

/// One of some words.
pub(super) fn word_value<'p>(i: Tokens<'p>, words: &'static [&'static str]) -> Res<'p, Expression> {
    words.iter().for_each(|word| i.expects(0, Expected::Value(word)));
    match words.iter().find_map(|word| scan_text(i, word)) {
        Some(count) => {
            let after = i.skip(count);
            Ok((after, Expression::Name(joined_name(after, i.peek(0)))))
        }
        None => absent(),
    }
}

/// A word out of a few, which has to be there.
pub(super) fn need_word<'p>(i: Tokens<'p>, words: &'static [&'static str]) -> (Tokens<'p>, Name) {
    match word_value(i, words) {
        Ok((i, Expression::Name(name))) => (i, name),
        _ => {
            i.expected(&words.join(", "));
            (i, Name { text: String::new(), bracketed: false, at: At(i.gap()) })
        }
    }
}

/// ParameterNames with commas between them, as a call without a name.
pub(super) fn column_list<'p>(
    i: Tokens<'p>,
    end: fn(Tokens<'_>) -> bool,
    own: &'static [ParameterSpec],
) -> (Tokens<'p>, Expression) {
    let start = i;
    let element = |i| {
        if scan_parameter(i, 0, ParameterNames { own, known: false, equal: true }).is_some() {
            return absent();
        }
        let (i, name) = extended_name(i)?;
        Ok((i, Expression::Name(name)))
    };
    let (i, arguments) = comma_list(i, ListShape::until(end), element, |i| Expression::Name(missing_name(i)));
    let name = Name { text: String::new(), bracketed: false, at: At(start.gap()) };
    (i, Expression::Call(FunctionCall { name, arguments, at: i.since(start.peek(0)) }))
}

/// A list of columns ends at the next parameter, with or without a comma before it.
fn is_column_list_end(i: Tokens<'_>, own: &'static [ParameterSpec]) -> bool {
    let known = |equal| ParameterNames { own, known: true, equal };
    if i.kind() == TokenKind::Comma {
        scan_parameter(i, 1, known(false)).is_some()
            || scan_parameter(i, 1, ParameterNames { own: RENDER_WITH, known: true, equal: false }).is_some()
            || is_list_end(i.skip(1))
    } else {
        scan_parameter(i, 0, ParameterNames { own: RENDER_WITH, known: true, equal: true }).is_some()
            || is_list_end(i)
    }
}
