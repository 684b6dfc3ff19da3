//! Habits where a query begins and where an operator stands.

use super::habit::{Habit, HabitPlace, HabitSpan};

const fn statement(written: &'static [&'static str], instead: &'static str, lesson: &'static str) -> Habit {
    Habit::new(HabitPlace::Statement, written, instead, lesson)
}

const fn operator(written: &'static [&'static str], instead: &'static str, lesson: &'static str) -> Habit {
    Habit::new(HabitPlace::Operator, written, instead, lesson)
}

/// First words of queries.
pub const STATEMENTS: &[Habit] = &[
    statement(
        &["select"],
        "T | where … | project …",
        "a query begins with its table: T | where … | project …",
    ),
    statement(
        &["from"],
        "T | …",
        "a query begins with the name of its table, without a word before it: T | where …",
    ),
    statement(
        &["show", "list"],
        ".show tables",
        "commands begin with a dot: .show tables; the columns of a table: T | getschema",
    ),
    statement(
        &["describe", "explain"],
        "T | getschema",
        "the columns of a table and their types: T | getschema",
    ),
    statement(
        &["insert", "update", "delete", "create", "alter", "truncate", "merge", "grant"],
        "a management command",
        "a query reads and changes nothing; what makes and fills tables are commands, which begin with a dot: .create table …",
    ),
    statement(
        &["with"],
        "let x = …;",
        "a part of a query gets a name by let: let x = T | where …; x | summarize …",
    ),
    statement(&["declare"], "let x = …;", "a variable is made by let: let x = 5; T | where a > x"),
    statement(
        &["index =", "source =", "sourcetype ="],
        "T | where …",
        "a query begins with the name of its table: T | where …",
    ),
    statement(&["use"], "database(\"name\").T", "a table of another database is database(\"name\").T"),
    statement(
        &["var", "const", "dim", "def", "function"],
        "let x = …;",
        "a variable is made by let: let x = 5; T | where a > x",
    ),
];

/// Words behind a pipe.
pub const OPERATORS: &[Habit] = &[
    operator(
        &["select", "fields", "pick", "cols"],
        "project",
        "project picks columns and computes new ones; extend adds them to those that are there",
    )
    .fix("project"),
    operator(&["keep"], "project-keep", "project-keep keeps the columns that it names").fix("project-keep"),
    operator(&["drop", "remove", "omit", "select-except"], "project-away", "project-away leaves columns out")
        .fix("project-away"),
    operator(
        &["rename", "renamed", "rename-column"],
        "project-rename new = old",
        "project-rename gives columns other names, the new name first: project-rename new = old",
    )
    .fix("project-rename")
    .over(HabitSpan::Renaming),
    operator(
        &["group", "groupby", "group-by", "group_by"],
        "summarize … by",
        "summarize makes groups: summarize count() by State; without an aggregate: distinct State",
    )
    .fix("summarize count() by")
    .over(HabitSpan::WordsAndBy),
    operator(
        &["aggregate", "agg", "stats", "summarise", "summary", "rollup", "tstats", "measure"],
        "summarize",
        "summarize computes aggregates of groups: summarize count(), avg(x) by State",
    )
    .fix("summarize"),
    operator(
        &["having"],
        "where",
        "a condition on groups is a where behind summarize: summarize n = count() by State | where n > 5",
    )
    .fix("where"),
    operator(
        &["if", "when", "and", "or", "condition", "only", "qualify"],
        "where",
        "where keeps the rows that meet a condition: where a > 1 and b == \"x\"",
    )
    .fix("where"),
    operator(
        &["orderby", "order_by", "sortby", "sort_by", "arrange"],
        "sort by",
        "sort by orders the rows, the greatest first; asc turns it round: sort by x asc",
    )
    .fix("sort by")
    .over(HabitSpan::WordsAndBy),
    operator(
        &["head", "first", "fetch"],
        "take",
        "take gives some rows: take 5; which ones is open unless they are sorted: top 5 by x",
    )
    .fix("take")
    .over(HabitSpan::WordsBeforeNumber),
    operator(
        &["tail", "last", "bottom"],
        "top n by x asc",
        "rows have no order of their own; top takes them from either end: top 5 by x asc",
    ),
    operator(
        &["offset", "skip"],
        "where row_number() > n",
        "rows are passed over by their number: sort by x | where row_number() > 10",
    ),
    operator(
        &["describe", "schema", "info", "dtypes", "columns", "show", "printschema", "fieldsummary"],
        "getschema",
        "getschema lists the columns and their types",
    )
    .fix("getschema")
    .over(HabitSpan::Step),
    operator(
        &["unique", "uniq", "distinct_values", "uniques"],
        "distinct",
        "distinct gives each combination of the columns once: distinct State, EventType",
    )
    .fix("distinct"),
    operator(
        &["dedup", "deduplicate", "drop_duplicates"],
        "summarize take_any(*) by …",
        "one row of each group is kept by an aggregate: summarize take_any(*) by State; the latest one: arg_max(t, *)",
    ),
    operator(
        &[
            "eval",
            "mutate",
            "assign",
            "set",
            "add",
            "add-column",
            "addcolumn",
            "withcolumn",
            "with-column",
            "with",
            "compute",
            "calculate",
            "let",
        ],
        "extend",
        "extend adds columns: extend x = a + b",
    )
    .fix("extend"),
    operator(
        &["timechart", "barchart", "piechart", "linechart", "columnchart", "areachart", "scatterchart"],
        "render",
        "a chart is drawn of a table that summarize made: summarize count() by bin(t, 1h) | render timechart",
    ),
    operator(
        &["chart", "plot", "graph", "draw", "visualize"],
        "render timechart",
        "render says how a table is drawn, as the last operator: render timechart",
    ),
    operator(
        &["rex", "grok", "regex", "match", "scanf"],
        "parse, extract()",
        "parse takes texts apart by a pattern, extract() by a regular expression: extend x = extract(\"id=(.*)\", 1, Text)",
    ),
    operator(
        &["rare"],
        "top n by count_ asc",
        "the rarest values: summarize count() by State | top 10 by count_ asc",
    ),
    operator(
        &["append", "concat", "unionall", "bind_rows"],
        "union",
        "union puts the rows of tables below one another: union OtherTable",
    ),
    operator(
        &[
            "inner",
            "left",
            "right",
            "outer",
            "cross",
            "leftjoin",
            "left-join",
            "innerjoin",
            "inner-join",
            "rightjoin",
            "outerjoin",
            "merge",
            "leftouter",
        ],
        "join kind=…",
        "the kind stands behind join: join kind=leftouter (Other) on Key",
    ),
    operator(
        &["intersect"],
        "join kind=leftsemi",
        "rows that have a partner in another table: join kind=leftsemi (Other) on Key",
    ),
    operator(
        &["except", "minus", "anti", "antijoin", "anti-join"],
        "join kind=leftanti",
        "rows without a partner in another table: join kind=leftanti (Other) on Key; without a column: project-away",
    ),
    operator(&["from"], "T | …", "the table stands first, before all operators: T | where …"),
    operator(
        &["insert", "update", "delete", "create", "alter", "save", "export", "outputlookup", "collect"],
        "a management command",
        "a query reads and changes nothing: where leaves rows out, extend changes columns of the answer",
    ),
    operator(
        &["explode", "unnest", "flatten", "expand", "mv_expand", "openjson", "lateral"],
        "mv-expand",
        "mv-expand makes a row of each item of an array",
    )
    .fix("mv-expand"),
    operator(&["crosstab"], "evaluate pivot(…)", "rows become columns by a plugin: evaluate pivot(State)"),
    operator(
        &["pivot", "bag_unpack", "narrow", "autocluster", "basket", "diffpatterns", "ipv4_lookup"],
        "evaluate …",
        "plugins are called by evaluate: evaluate pivot(State)",
    ),
    operator(
        &["unpivot", "melt", "transpose"],
        "evaluate narrow()",
        "columns become rows by a plugin: evaluate narrow()",
    ),
    operator(
        &["fillna", "fillnull", "replace-null"],
        "extend x = coalesce(x, 0)",
        "an empty value is replaced by coalesce: extend x = coalesce(x, 0)",
    ),
    operator(
        &["spath", "parse_json", "parsejson", "fromjson", "unpack"],
        "extend x = parse_json(…)",
        "JSON text becomes a value by parse_json: extend d = parse_json(Text) | extend x = d.member",
    ),
    operator(
        &["bin", "bucket", "window", "resample"],
        "summarize … by bin(t, 1h)",
        "bin is a function: summarize count() by bin(t, 1h)",
    ),
    operator(
        &[
            "avg",
            "sum",
            "min",
            "max",
            "dcount",
            "countif",
            "sumif",
            "arg_max",
            "arg_min",
            "percentile",
            "stdev",
            "make_list",
            "make_set",
            "mean",
            "median",
        ],
        "summarize",
        "aggregates stand within summarize: summarize avg(x) by State",
    )
    .fix("summarize ")
    .over(HabitSpan::BeforeCall),
    operator(
        &["vlookup", "xlookup", "inputlookup"],
        "lookup",
        "lookup adds the columns of a small table by a key: lookup Other on Key",
    )
    .fix("lookup"),
    operator(
        &["display", "output", "out-gridview", "format-table", "table", "tabulate"],
        "nothing",
        "the rows of the last operator are the answer; project picks its columns",
    ),
    operator(
        &["wherein", "in", "is", "has", "contains", "startswith", "endswith", "matches", "like", "between"],
        "where x … y",
        "comparisons stand within where: where State has \"x\"",
    ),
    operator(
        &[
            "case",
            "iff",
            "iif",
            "tostring",
            "toint",
            "tolong",
            "split",
            "strcat",
            "replace",
            "extract",
            "format_datetime",
            "todatetime",
        ],
        "extend x = …",
        "functions stand within an operator: extend x = tostring(a)",
    ),
];
