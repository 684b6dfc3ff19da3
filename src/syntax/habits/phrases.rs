//! Habits behind and before operands: words and signs between values, and clauses that KQL has as operators of their own.

use super::habit::{Habit, HabitPlace};

const fn behind(written: &'static [&'static str], instead: &'static str, lesson: &'static str) -> Habit {
    Habit::new(HabitPlace::Behind, written, instead, lesson)
}

const fn before(written: &'static [&'static str], instead: &'static str, lesson: &'static str) -> Habit {
    Habit::new(HabitPlace::Before, written, instead, lesson)
}

const EQUAL: &str = "'=' gives a name; '==' compares";

/// Words and signs beside operands; of several that fit, the longest is meant, and of these the first.
pub const PHRASES: &[Habit] = &[
    // Nulls.
    behind(&["is not null", "not null", "notnull", "is not none", "! null"], "isnotnull(x)", "isnotnull(x) holds where there is a value; for texts isnotempty(x)")
        .fix("isnotnull({left})"),
    behind(&["is null", "isnull", "is none", "is nil", "is undefined"], "isnull(x)", "isnull(x) holds where there is no value; for texts isempty(x)")
        .fix("isnull({left})"),
    behind(&["is not empty", "not empty", "is not blank"], "isnotempty(x)", "isnotempty(x) holds where there is a text").fix("isnotempty({left})"),
    behind(&["is empty", "is blank"], "isempty(x)", "isempty(x) holds where there is no text").fix("isempty({left})"),
    behind(&["is not", "isnt", "is not equal to", "is different from", "is distinct from"], "!=", "'!=' holds for values that differ").fix("!="),
    behind(&["is", "is equal to", "equals", "equal", "equal to", "eq", "-eq", "==="], "==", "'==' compares").fix("=="),
    behind(&["ne", "neq", "-ne", "!==", "not equal", "not equals", "! ==", "! =", "=!", "/=", "~=", "^="], "!=", "'!=' holds for values that differ; '!~' ignores case").fix("!="),
    behind(&["gt", "-gt", "greater than", "greater", "above", "after", "larger than", "more than"], ">", "'>' compares").fix(">"),
    behind(&["lt", "-lt", "less than", "less", "below", "before", "smaller than"], "<", "'<' compares").fix("<"),
    behind(&["ge", "gte", "-ge", "=>"], ">=", "'>=' compares").fix(">="),
    behind(&["le", "lte", "-le", "=<"], "<=", "'<=' compares").fix("<="),
    behind(&["="], "==", EQUAL).fix("==").within(&["where", "filter", "join", "lookup", "find", "search"]),
    behind(&["=="], "=", "'=' gives a variable its value; '==' compares").fix("=").within(&["let"]),
    behind(&[":="], "=", "'=' gives a name: x = a + b").fix("="),
    // Texts.
    behind(&["like", "ilike", "glob", "-like", "similar to", "not like", "not ilike", "notlike", "-notlike"], "startswith, endswith, contains, has, matches regex",
        "texts are compared by startswith, endswith, contains, has (whole terms) and matches regex, each with ! before it to negate it"),
    behind(&["rlike", "regexp", "regex", "matches", "match", "~", "regexp_like", "=~*", "-match"], "matches regex", "a regular expression is asked for by matches regex: State matches regex \"^TEX\"")
        .fix("matches regex"),
    behind(&["contain", "include", "includes", "containing", "-contains", "contains text", "icontains"], "contains", "contains finds a part of a text, has a whole term").fix("contains"),
    behind(&["not contain", "not contains", "doesnotcontain", "does not contain", "notcontain", "not include", "not includes"], "!contains", "operators are negated by ! before them: !contains, !has, !in").fix("!contains"),
    behind(&["not has", "does not have"], "!has", "operators are negated by ! before them: !has, !contains, !in").fix("!has"),
    behind(&["not startswith", "does not start with", "not starts with"], "!startswith", "operators are negated by ! before them: !startswith").fix("!startswith"),
    behind(&["not endswith", "does not end with", "not ends with"], "!endswith", "operators are negated by ! before them: !endswith").fix("!endswith"),
    behind(&["beginswith", "begins with", "starts with", "startwith", "starts_with", "start with", "beginning with", "istartswith"], "startswith", "startswith compares the beginning of a text").fix("startswith"),
    behind(&["ends with", "endwith", "ends_with", "end with", "finishes with", "iendswith"], "endswith", "endswith compares the end of a text").fix("endswith"),
    behind(&["hasany", "has any", "contains any", "contains_any"], "has_any", "has_any finds one of several terms: Text has_any (\"a\", \"b\")").fix("has_any"),
    behind(&["hasall", "has all", "contains all", "contains_all"], "has_all", "has_all asks for all of several terms: Text has_all (\"a\", \"b\")").fix("has_all"),
    // Lists and ranges.
    behind(&["not in", "notin", "is not in", "-notin", "not is in"], "!in", "'!in' holds for what is not in the list: State !in (\"a\", \"b\")").fix("!in"),
    behind(&["is in", "one of", "is one of"], "in", "'in' looks a value up in a list: State in (\"a\", \"b\")").fix("in"),
    behind(&["not between"], "!between", "'!between' holds for what is outside: x !between (1 .. 5)").fix("!between"),
    behind(&["not"], "!in, !has, !contains, not(…)", "operators are negated by ! before them, as in !in and !has, conditions by not(…)"),
    // Conditions.
    behind(&["and also", "andalso", "& &", "&"], "and", "conditions are joined by 'and'").fix("and"),
    behind(&["or else", "orelse"], "or", "one of two conditions: 'or'").fix("or").within(&["where", "filter", "extend", "project"]),
    behind(&["xor"], "(a) != (b)", "of two conditions just one: (a) != (b)"),
    behind(&["when", "then", "else", "end", "elif"], "case(…)", "a choice is a function: case(condition, value, condition, value, otherwise), or iff(condition, value, otherwise)"),
    behind(&["? ?"], "coalesce(a, b)", "coalesce(a, b) is the first of its values that is not null"),
    behind(&["?"], "iff(c, a, b)", "a choice is a function: iff(condition, value, otherwise)"),
    // Numbers and texts.
    behind(&["mod"], "%", "the rest of a division: %").fix("%"),
    behind(&["div"], "/", "'/' divides; between whole numbers it gives a whole number").fix("/"),
    behind(&["* *", "^"], "pow(a, b)", "pow(a, b) is a to the power of b"),
    behind(&[": :"], "tolong(x), tostring(x)", "a value is converted by a function: tolong(x), tostring(x), todatetime(x)"),
    behind(&["- >", "->", "->>"], "x.member", "a member of a dynamic value: x.member or x[\"member\"]"),
    behind(&["<<", ">>", "< <", "> >"], "binary_shift_left(a, b)", "bits are shifted by binary_shift_left(a, b) and binary_shift_right(a, b)"),
    // Names.
    behind(&["as"], "new = old", "a name stands before what it names: n = count()")
        .fix("{right} = {item}"),
    // Clauses.
    before(&["by"], "summarize count() by x", "rows are counted by groups in summarize: summarize count() by State")
        .within(&["count"]),
    before(&["by"], "distinct a, b", "distinct lists its columns without by: distinct State, EventType").within(&["distinct"]),
    behind(&["group by", "group"], "summarize … by", "groups are made by summarize: | summarize count() by State"),
    behind(&["order by", "sort by"], "top n by x", "top has the number of rows and what they are ordered by: top 5 by x").fix("by").within(&["top", "take", "limit"]),
    behind(&["order by", "sort by", "orderby"], "| sort by x", "the rows are sorted by an operator of its own, behind a pipe: | sort by x"),
    behind(&["limit", "take", "top"], "top n by x", "the first of the sorted rows: top 5 by x; or a take of its own behind a pipe").within(&["order", "sort"]),
    behind(&["offset", "skip"], "where row_number() > n", "rows are passed over by their number: sort by x | where row_number() > 10"),
    behind(&["limit", "fetch"], "| take n", "a number of rows is an operator of its own, behind a pipe: | take 5"),
    behind(&["having"], "| where …", "a condition on groups is a where behind summarize: | where count_ > 5").fix("| where"),
    behind(&["from"], "T | …", "the table stands first: T | project a, b"),
    behind(&["descending", "decreasing"], "desc", "the greatest first is desc, which is also what sort does without a word").fix("desc"),
    behind(&["ascending", "increasing"], "asc", "the least first is asc").fix("asc"),
    behind(&["using"], "on", "the columns of a join stand behind on: join (Other) on Key; with other names: on $left.a == $right.b").fix("on").within(&["join", "lookup"]),
    behind(&["over", "partition"], "sort by … | extend …", "what looks at other rows stands behind sort by: row_number(), prev(x), row_cumsum(x); for each group: partition by"),
    behind(&["for"], "mv-apply, range", "nothing is repeated in KQL: operators work on all rows; mv-apply on the items of an array"),
    // What stands before an operand.
    before(&["not", "!"], "not(…)", "'not' is a function: not(condition)").fix("not({right})"),
    before(&["distinct"], "dcount(x), count_distinct(x)", "distinct values are counted by dcount(x) or count_distinct(x); distinct a, b is an operator"),
    before(&["date", "timestamp"], "datetime(2024-06-30)", "a point in time is written datetime(2024-06-30)"),
    before(&["interval"], "1d", "a length of time is a number with a unit: 1d, 2h, 30m"),
    before(&["new"], "dynamic({…})", "a value with members is written dynamic({\"a\": 1}) or made by bag_pack(\"a\", x)"),
    before(&["exists"], "in (T | project x)", "whether a row has a partner in another table: x in (Other | project x), or join kind=leftsemi"),
    before(&["as"], "x = …", "a name stands before what it names: n = count()"),
    before(&["all"], "union", "union takes all rows of all tables; each row once: | distinct *").fix("").within(&["union"]),
    before(&["all", "any"], "x in (…)", "a value is looked up in a list by in: x in (T | project y)"),
    before(&["case"], "case(…)", "a choice is a function: case(condition, value, condition, value, otherwise)"),
    before(&["if"], "iff(…)", "a choice is a function: iff(condition, value, otherwise)"),
    before(&["select"], "T | project x", "a table within a query is a query of its own: x in (Other | project y)"),
];
