//! Functions of SQL, spreadsheets, Python and other languages that KQL calls by another name.

use super::habit::{Habit, HabitPlace};

/// A function of another name, whose arguments are the same.
const fn same(
    written: &'static [&'static str],
    name: &'static str,
    instead: &'static str,
    lesson: &'static str,
) -> Habit {
    Habit::new(HabitPlace::Function, written, instead, lesson).fix(name)
}

/// A function that is called in another way.
const fn other(written: &'static [&'static str], instead: &'static str, lesson: &'static str) -> Habit {
    Habit::new(HabitPlace::Function, written, instead, lesson)
}

/// Names of calls.
pub const FUNCTIONS: &[Habit] = &[
    // Texts.
    same(
        &["len", "length", "char_length", "character_length", "strlength", "nchar", "str_length"],
        "strlen",
        "strlen(text)",
        "strlen(text) counts the characters of a text, array_length(x) the items of an array",
    ),
    same(
        &["datalength", "octet_length", "byte_length", "lenb"],
        "string_size",
        "string_size(text)",
        "string_size(text) counts the bytes of a text in UTF-8, strlen(text) its characters",
    ),
    same(
        &["upper", "ucase", "uppercase", "to_uppercase", "str_upper"],
        "toupper",
        "toupper(text)",
        "toupper(text) writes a text in capitals",
    ),
    same(
        &["lower", "lcase", "lowercase", "to_lowercase", "str_lower", "casefold"],
        "tolower",
        "tolower(text)",
        "tolower(text) writes a text in small letters; =~ compares without regard to case",
    ),
    other(
        &["substr", "mid", "slice"],
        "substring(text, start, length)",
        "substring(text, start, length) cuts a text; the first character is number 0",
    ),
    other(&["left", "strleft"], "substring(text, 0, n)", "substring(text, 0, n) is the beginning of a text"),
    other(
        &["right", "strright"],
        "substring(text, strlen(text) - n)",
        "substring(text, strlen(text) - n) is the end of a text",
    ),
    same(
        &["concat", "concatenate", "str_concat", "joinstr", "paste0"],
        "strcat",
        "strcat(a, b, …)",
        "strcat(a, b, …) joins texts",
    ),
    same(
        &["concat_ws"],
        "strcat_delim",
        "strcat_delim(\", \", a, b, …)",
        "strcat_delim(\", \", a, b) joins texts with something between them",
    ),
    other(
        &["textjoin", "paste"],
        "strcat_delim(\", \", a, b, …)",
        "strcat_delim(\", \", a, b) joins texts with something between them, which is all that stands before them",
    ),
    other(
        &["strip", "btrim", "clean"],
        "trim(@\"\\s+\", text)",
        "trim(@\"\\s+\", text) takes blanks off both ends: what is taken off is a regular expression, and stands first",
    ),
    other(
        &["ltrim", "lstrip"],
        "trim_start(@\"\\s+\", text)",
        "trim_start(@\"\\s+\", text) takes blanks off the beginning",
    ),
    other(
        &["rtrim", "rstrip"],
        "trim_end(@\"\\s+\", text)",
        "trim_end(@\"\\s+\", text) takes blanks off the end",
    ),
    same(
        &["substitute", "replaceall", "replace_all"],
        "replace_string",
        "replace_string(text, old, new)",
        "replace_string(text, old, new) replaces a text, replace_regex what a regular expression finds",
    ),
    same(
        &["regexp_replace", "regexreplace", "regex_replace"],
        "replace_regex",
        "replace_regex(text, regex, new)",
        "replace_regex(text, regex, new) replaces what a regular expression finds; \\1 is its first group",
    ),
    other(
        &["str_replace", "gsub", "sub"],
        "replace_string(text, old, new)",
        "the text stands first: replace_string(text, old, new), or replace_regex(text, regex, new)",
    ),
    other(
        &["stuff", "overlay"],
        "strcat(substring(…), new, substring(…))",
        "a text is put in the place of others by its parts: strcat(substring(x, 0, 3), new, substring(x, 5))",
    ),
    other(
        &["charindex", "instr", "position", "locate", "find", "strpos", "index"],
        "indexof(text, part)",
        "indexof(text, part) is where a part begins, from 0 on, and -1 where it is not there",
    ),
    other(
        &["regexp_extract", "regexp_substr", "regex_extract", "regexextract", "rex"],
        "extract(regex, group, text)",
        "extract(regex, group, text) gives what a group of a regular expression matched",
    ),
    other(
        &["regexp_like", "regexmatch", "regex_match", "is_match", "ismatch", "re_match", "regexp"],
        "text matches regex \"…\"",
        "a regular expression is asked for by an operator: Text matches regex \"^a\"",
    ),
    other(
        &["regexp_count", "regexcount"],
        "countof(text, regex, \"regex\")",
        "countof(text, regex, \"regex\") counts what a regular expression finds",
    ),
    other(
        &["split_part", "substring_index", "strsplit", "str_split", "string_split", "explode", "tokenize"],
        "split(text, separator)[n]",
        "split(text, separator) makes an array; its first item is split(text, separator)[0]",
    ),
    other(
        &["join_strings", "listagg", "group_concat", "string_agg", "array_join", "implode", "stringjoin"],
        "strcat_array(x, \", \")",
        "strcat_array(array, \", \") joins the items of an array; of groups: strcat_array(make_list(x), \", \")",
    ),
    same(&["strreverse", "strrev"], "reverse", "reverse(text)", "reverse(text) turns a text round"),
    same(&["replicate", "rept", "str_repeat"], "strrep", "strrep(text, n)", "strrep(text, n) repeats a text"),
    other(
        &["lpad", "padleft", "zfill", "pad_left", "rpad", "padright", "padl"],
        "strcat(strrep(\"0\", n), text)",
        "a text is filled up by strrep: strcat(strrep(\"0\", 5 - strlen(x)), x)",
    ),
    other(
        &["beginswith", "str_startswith"],
        "text startswith \"…\"",
        "startswith is an operator: Text startswith \"a\"",
    ),
    other(&["str_endswith"], "text endswith \"…\"", "endswith is an operator: Text endswith \"a\""),
    other(
        &["includes", "str_contains", "containsstring", "has_substring", "strcontains", "icontains"],
        "text contains \"…\"",
        "contains is an operator: Text contains \"a\"",
    ),
    other(
        &["like", "ilike"],
        "text startswith \"…\"",
        "texts are compared by operators: startswith, endswith, contains, matches regex",
    ),
    other(
        &["proper", "initcap", "capitalize", "title"],
        "strcat(toupper(…), …)",
        "capitals are made by parts: strcat(toupper(substring(x, 0, 1)), substring(x, 1))",
    ),
    other(
        &["ascii", "ord", "unicode", "char_code"],
        "unicode_codepoints_from_string(text)[0]",
        "unicode_codepoints_from_string(text) is an array of the numbers of its characters",
    ),
    same(
        &["chr", "char"],
        "unicode_codepoints_to_string",
        "unicode_codepoints_to_string(n)",
        "unicode_codepoints_to_string(n) makes a text of the numbers of its characters",
    ),
    other(
        &["format", "sprintf", "text", "printf", "to_char", "string_format", "fmt"],
        "strcat(…), format_datetime(t, \"…\")",
        "a text is put together by strcat(a, b); a time is written by format_datetime(t, \"yyyy-MM-dd\"), a number by round(x, 2)",
    ),
    other(
        &["isnullorempty", "is_null_or_empty", "isnullorwhitespace", "isblank", "is_blank", "empty"],
        "isempty(x)",
        "isempty(x) holds where there is no text, or no value",
    )
    .fix("isempty"),
    other(
        &["isnullorundefined", "is_none", "isna", "isnil", "is_nan_or_null"],
        "isnull(x)",
        "isnull(x) holds where there is no value; for texts isempty(x)",
    )
    .fix("isnull"),
    other(
        &["notna", "exists", "isnotnil"],
        "isnotnull(x)",
        "isnotnull(x) holds where there is a value; for texts isnotempty(x)",
    )
    .fix("isnotnull"),
    // Choices.
    same(
        &["if", "ifelse", "if_else", "when"],
        "iff",
        "iff(condition, a, b)",
        "iff(condition, a, b) chooses one of two values, case(…) one of several",
    ),
    same(
        &["ifnull", "nvl", "nz", "zn", "ifna", "if_null", "fillna", "iferror"],
        "coalesce",
        "coalesce(a, b, …)",
        "coalesce(a, b, …) is the first of its values that is not null",
    ),
    other(
        &["nvl2"],
        "iff(isnotnull(x), a, b)",
        "iff(isnotnull(x), a, b) chooses by whether there is a value",
    ),
    other(&["nullif"], "iff(a == b, long(null), a)", "iff(a == b, long(null), a) gives null for a value"),
    same(
        &["ifs", "cond"],
        "case",
        "case(condition, a, condition, b, otherwise)",
        "case(condition, a, condition, b, otherwise) gives the value of the first condition that holds",
    ),
    other(
        &["switch", "decode", "choose"],
        "case(x == 1, a, x == 2, b, otherwise)",
        "case has conditions in place of values: case(x == 1, a, x == 2, b, otherwise)",
    ),
    same(
        &["greatest", "maximum"],
        "max_of",
        "max_of(a, b, …)",
        "max_of(a, b, …) is the greatest of its values; max(x) of a group's",
    ),
    same(
        &["least", "minimum"],
        "min_of",
        "min_of(a, b, …)",
        "min_of(a, b, …) is the least of its values; min(x) of a group's",
    ),
    // Types.
    other(
        &["cast", "convert", "try_cast", "try_convert", "safe_cast", "astype", "parse_as"],
        "tolong(x), tostring(x), todatetime(x)",
        "a value is converted by a function for each type: tolong(x), todouble(x), tostring(x), todatetime(x)",
    ),
    same(
        &["str", "to_varchar", "varchar", "tochar", "as_string", "stringify"],
        "tostring",
        "tostring(x)",
        "tostring(x) makes a text of a value",
    ),
    same(
        &["integer", "parseint", "parse_int", "to_integer", "tointeger", "bigint"],
        "tolong",
        "tolong(x)",
        "tolong(x) makes a whole number of a text, todouble(x) any number",
    ),
    same(
        &[
            "float",
            "parsefloat",
            "parse_float",
            "tofloat",
            "to_float",
            "number",
            "numeric",
            "tonumber",
            "to_number",
            "parse_number",
            "tonumeric",
            "val",
        ],
        "todouble",
        "todouble(x)",
        "todouble(x) makes a number of a text, tolong(x) a whole one",
    ),
    same(
        &["boolean", "parse_bool", "parsebool"],
        "tobool",
        "tobool(x)",
        "tobool(x) makes true or false of a value",
    ),
    same(
        &[
            "to_date",
            "todate",
            "str_to_date",
            "strptime",
            "parse_date",
            "parsedate",
            "parse_datetime",
            "to_timestamp",
            "totimestamp",
            "dateparse",
            "date_parse",
            "parsedatetime",
            "cdate",
            "datevalue",
        ],
        "todatetime",
        "todatetime(text)",
        "todatetime(text) reads a time that is written as yyyy-MM-dd HH:mm:ss",
    ),
    same(
        &["interval", "parse_interval", "duration", "timedelta", "make_interval"],
        "totimespan",
        "totimespan(x)",
        "a length of time is a number with a unit, 1d; totimespan(x) reads one from a text",
    ),
    same(
        &["type", "pg_typeof", "data_type"],
        "gettype",
        "gettype(x)",
        "gettype(x) is the name of a value's type",
    ),
    same(
        &[
            "json_parse",
            "from_json",
            "fromjson",
            "to_json_object",
            "json_decode",
            "json",
            "jsonparse",
            "json_loads",
        ],
        "parse_json",
        "parse_json(text)",
        "parse_json(text) makes a value of JSON text; its members are named by dots: x.member",
    ),
    other(
        &[
            "json_extract",
            "json_value",
            "json_query",
            "get_json_object",
            "json_extract_scalar",
            "json_extract_path_text",
            "jsonpath",
        ],
        "parse_json(text).member",
        "a member of JSON: parse_json(text).member; extract_json(\"$.a.b\", text) takes a path",
    ),
    same(
        &["to_json", "tojson", "json_encode", "json_dumps", "json_stringify"],
        "tostring",
        "tostring(x)",
        "tostring(x) writes a dynamic value as JSON text",
    ),
    // Times.
    same(
        &["year", "datepart_year"],
        "getyear",
        "getyear(t)",
        "getyear(t) is the year of a time; startofyear(t) groups by it",
    ),
    same(
        &["month"],
        "monthofyear",
        "monthofyear(t)",
        "monthofyear(t) is the number of the month, from 1 on; startofmonth(t) groups by it",
    ),
    same(
        &["day", "mday"],
        "dayofmonth",
        "dayofmonth(t)",
        "dayofmonth(t) is the day of the month; startofday(t) or bin(t, 1d) groups by days",
    ),
    same(
        &["hour", "gethour"],
        "hourofday",
        "hourofday(t)",
        "hourofday(t) is the hour of the day, from 0 to 23; bin(t, 1h) groups by hours",
    ),
    other(
        &[
            "minute",
            "second",
            "quarter",
            "getminute",
            "getsecond",
            "minuteofhour",
            "secondofminute",
            "microsecond",
            "millisecond",
        ],
        "datetime_part(\"minute\", t)",
        "datetime_part(\"minute\", t) is a part of a time: year, quarter, month, week_of_year, day, dayofyear, hour, minute, second, millisecond, microsecond",
    ),
    same(
        &["weekday", "dow", "wday", "isodow"],
        "dayofweek",
        "dayofweek(t)",
        "dayofweek(t) is the time since Sunday, as a timespan: 1d is Monday; toint(dayofweek(t) / 1d) is a number",
    ),
    same(
        &["week", "weeknum", "isoweek", "iso_week", "week_number"],
        "week_of_year",
        "week_of_year(t)",
        "week_of_year(t) is the number of the week by ISO 8601; startofweek(t) groups by weeks from Sunday on",
    ),
    same(&["yday", "doy"], "dayofyear", "dayofyear(t)", "dayofyear(t) is the day of the year"),
    other(
        &["extract_part", "get_part"],
        "datetime_part(\"hour\", t)",
        "datetime_part(\"hour\", t) is a part of a time, named by a text",
    ),
    other(
        &[
            "datediff",
            "date_diff",
            "timestampdiff",
            "dateduration",
            "timediff",
            "days_between",
            "months_between",
            "age",
        ],
        "datetime_diff('day', later, earlier)",
        "datetime_diff('day', later, earlier) counts borders between two times; later - earlier is a length of time",
    ),
    other(
        &[
            "dateadd",
            "date_add",
            "timestampadd",
            "add_days",
            "adddays",
            "add_months",
            "addmonths",
            "date_sub",
            "datesub",
            "addhours",
            "add_hours",
            "edate",
            "dateadd_day",
            "adddate",
        ],
        "t + 1d, datetime_add('month', 1, t)",
        "times and lengths add up: t + 1d, t - 2h; months and years: datetime_add('month', 1, t)",
    ),
    other(
        &[
            "date_trunc",
            "datetrunc",
            "trunc",
            "date_bin",
            "time_bucket",
            "time_slice",
            "dateround",
            "tumble",
            "floor_date",
        ],
        "bin(t, 1d)",
        "bin(t, 1d) rounds a time down; startofweek(t), startofmonth(t) and startofyear(t) to what has no fixed length",
    ),
    other(
        &["bucket", "width_bucket", "histogram", "span"],
        "bin(x, size)",
        "bin(x, size) rounds a value down to a multiple of a size",
    ),
    other(
        &[
            "getdate",
            "sysdate",
            "current_timestamp",
            "utcnow",
            "getutcdate",
            "sysdatetime",
            "currenttime",
            "localtime",
            "get_date",
            "date_now",
            "currentdatetime",
            "utc_timestamp",
        ],
        "now()",
        "now() is the time of the query in UTC; startofday(now()) is today",
    )
    .fix("now"),
    other(
        &["today", "curdate", "current_date", "currentdate"],
        "startofday(now())",
        "startofday(now()) is today; a day ago: ago(1d)",
    ),
    other(
        &["date", "dateonly", "to_day"],
        "startofday(t)",
        "startofday(t) is the day of a time; datetime(2024-06-30) is a fixed one",
    ),
    other(
        &["datefromparts", "make_date", "date_from_parts", "datetimefromparts"],
        "make_datetime(y, m, d)",
        "make_datetime(year, month, day) makes a time of its parts",
    )
    .fix("make_datetime"),
    other(
        &[
            "from_unixtime",
            "fromunixtime",
            "from_unix",
            "to_timestamp_seconds",
            "epoch_to_datetime",
            "fromtimestamp",
            "unix_to_datetime",
        ],
        "unixtime_seconds_todatetime(n)",
        "unixtime_seconds_todatetime(n) makes a time of Unix seconds; there are _milliseconds_ and others",
    )
    .fix("unixtime_seconds_todatetime"),
    other(
        &["unix_timestamp", "to_unixtime", "tounixtime", "epoch", "to_epoch", "unixtime", "timestamp"],
        "datetime_diff('second', t, datetime(1970-01-01))",
        "datetime_diff('second', t, datetime(1970-01-01)) is the Unix time",
    ),
    other(
        &["strftime", "date_format", "dateformat", "format_date", "to_char_date", "format_time"],
        "format_datetime(t, \"yyyy-MM-dd\")",
        "format_datetime(t, \"yyyy-MM-dd HH:mm\") writes a time",
    ),
    other(
        &["datename", "monthname", "dayname"],
        "dynamic([\"Jan\", …])[monthofyear(t) - 1]",
        "names of months and days come of a list: dynamic([\"Jan\", \"Feb\"])[monthofyear(t) - 1]; format_datetime writes numbers",
    ),
    other(
        &["last_day", "eomonth", "last_day_of_month"],
        "endofmonth(t)",
        "endofmonth(t) is the end of a month, startofmonth(t) its beginning",
    )
    .fix("endofmonth"),
    other(
        &["convert_tz", "at_time_zone", "convert_timezone", "to_utc", "tz_convert"],
        "datetime_utc_to_local(t, zone)",
        "datetime_utc_to_local(t, \"Europe/Berlin\") and datetime_local_to_utc convert; all times are in UTC",
    ),
    // Numbers.
    same(&["ceil", "roundup"], "ceiling", "ceiling(x)", "ceiling(x) rounds up"),
    other(
        &["truncate", "int_part", "rounddown", "fix"],
        "bin(x, 1)",
        "bin(x, 1) rounds down to a whole number, bin(x, 0.1) to tenths; floor is the same function",
    ),
    same(&["power", "math_pow"], "pow", "pow(a, b)", "pow(a, b) is a to the power of b"),
    other(&["mod", "modulo", "remainder"], "a % b", "the rest of a division is an operator: a % b"),
    same(&["ln"], "log", "log(x)", "log(x) is the natural logarithm; there are log10(x) and log2(x)"),
    same(
        &["random", "rnd", "newrand", "randbetween"],
        "rand",
        "rand()",
        "rand() is a number from 0 to 1, rand(n) a whole one below n",
    ),
    same(
        &["uuid", "newid", "gen_random_uuid", "generate_uuid", "uuid4"],
        "new_guid",
        "new_guid()",
        "new_guid() makes a guid",
    ),
    same(
        &["sha256", "sha2", "sha_256"],
        "hash_sha256",
        "hash_sha256(x)",
        "hash_sha256(x) is a hash of 256 bits",
    ),
    same(&["md5", "md5_hex"], "hash_md5", "hash_md5(x)", "hash_md5(x) is the MD5 of a value"),
    same(&["sha1", "sha"], "hash_sha1", "hash_sha1(x)", "hash_sha1(x) is the SHA-1 of a value"),
    same(
        &["base64", "to_base64", "base64encode", "base64_encode", "btoa"],
        "base64_encode_tostring",
        "base64_encode_tostring(text)",
        "base64_encode_tostring(text) writes a text in base 64",
    ),
    same(
        &["from_base64", "base64decode", "base64_decode", "unbase64", "atob"],
        "base64_decode_tostring",
        "base64_decode_tostring(text)",
        "base64_decode_tostring(text) reads a text in base 64",
    ),
    same(
        &["encode_url", "uri_encode"],
        "url_encode",
        "url_encode(text)",
        "url_encode(text) writes a text as a part of an address",
    ),
    same(
        &["decode_url", "uri_decode", "unescape"],
        "url_decode",
        "url_decode(text)",
        "url_decode(text) reads a part of an address",
    ),
    // Aggregates.
    other(&["count(*)"], "count()", "count() counts the rows, countif(x) those for which a condition holds"),
    other(&["average", "mean"], "avg(x)", "avg(x) is the mean").fix("avg"),
    other(
        &["median", "percentile_cont", "quantile", "percentile_disc", "p50"],
        "percentile(x, 50)",
        "percentile(x, 50) is the median, percentile(x, 95) another rank",
    ),
    other(
        &["stddev", "std", "stdev_samp", "stddev_samp", "std_dev"],
        "stdev(x)",
        "stdev(x) is the standard deviation of a sample, stdevp(x) that of all values",
    )
    .fix("stdev"),
    other(&["stddev_pop"], "stdevp(x)", "stdevp(x) is the standard deviation of all values").fix("stdevp"),
    other(
        &["var", "var_samp"],
        "variance(x)",
        "variance(x) is the variance of a sample, variancep(x) that of all",
    )
    .fix("variance"),
    other(
        &[
            "approx_count_distinct",
            "distinct_count",
            "count_unique",
            "nunique",
            "uniq",
            "distinctcount",
            "approx_distinct",
            "hll_count",
            "distinct",
            "unique",
        ],
        "dcount(x)",
        "dcount(x) estimates the number of distinct values, count_distinct(x) counts them",
    )
    .fix("dcount"),
    other(
        &["countifs"],
        "countif(condition)",
        "countif(condition) counts the rows for which a condition holds",
    )
    .fix("countif"),
    other(
        &["sumifs"],
        "sumif(x, condition)",
        "sumif(x, condition) adds up the rows for which a condition holds",
    )
    .fix("sumif"),
    other(
        &["averageif"],
        "avgif(x, condition)",
        "avgif(x, condition) is the mean of the rows for which a condition holds",
    )
    .fix("avgif"),
    other(
        &["array_agg", "collect_list", "collect", "list", "tolist", "json_agg", "values"],
        "make_list(x)",
        "make_list(x) makes an array of the values of a group",
    )
    .fix("make_list"),
    other(
        &["collect_set", "array_unique_agg", "set", "unique_values", "toset"],
        "make_set(x)",
        "make_set(x) makes an array of the distinct values of a group",
    )
    .fix("make_set"),
    other(
        &["first", "first_value", "earliest"],
        "arg_min(t, x)",
        "arg_min(t, x) is the x of the earliest t; take_any(x) any of a group",
    ),
    other(
        &["last", "last_value", "latest"],
        "arg_max(t, x)",
        "arg_max(t, x) is the x of the latest t; arg_max(t, *) its whole row",
    ),
    other(&["any_value", "anyvalue"], "take_any(x)", "take_any(x) is one of the values of a group")
        .fix("take_any"),
    other(
        &["max_by"],
        "arg_max(by, x)",
        "arg_max(by, x) is the x of the greatest; the column that decides stands first",
    ),
    other(
        &["min_by"],
        "arg_min(by, x)",
        "arg_min(by, x) is the x of the least; the column that decides stands first",
    ),
    other(&["mode"], "top 1 by count_", "the most frequent value: summarize count() by x | top 1 by count_"),
    other(
        &["product", "corr"],
        "series_… functions",
        "KQL has no such aggregate; make_list(x) and the series_… functions compute over arrays",
    ),
    // Other rows.
    other(&["lag", "previous", "shift"], "prev(x)", "prev(x) is the value in the row before, behind sort by")
        .fix("prev"),
    other(&["lead"], "next(x)", "next(x) is the value in the row after, behind sort by").fix("next"),
    other(&["rownum", "rowid", "row_num"], "row_number()", "row_number() counts the rows, behind sort by")
        .fix("row_number"),
    other(
        &["rank", "dense_rank", "percent_rank", "ntile"],
        "row_rank_dense(x)",
        "row_rank_dense(x) and row_rank_min(x) rank rows, behind sort by",
    ),
    other(
        &["cumsum", "running_sum", "cumulative_sum"],
        "row_cumsum(x)",
        "row_cumsum(x) adds up the rows so far, behind sort by",
    )
    .fix("row_cumsum"),
    // Arrays and bags.
    other(
        &["size", "cardinality", "array_size", "array_len", "json_array_length"],
        "array_length(x)",
        "array_length(x) counts the items of an array",
    )
    .fix("array_length"),
    other(
        &["array_contains", "list_contains", "array_has", "contains_element"],
        "set_has_element(array, x)",
        "set_has_element(array, x) holds where an array has an item",
    )
    .fix("set_has_element"),
    other(
        &["in_array", "member"],
        "set_has_element(array, x)",
        "set_has_element(array, x) holds where an array has an item; the array stands first",
    ),
    other(
        &["array", "make_array", "list_value", "build_array"],
        "pack_array(a, b)",
        "pack_array(a, b) makes an array of values; a fixed one is dynamic([1, 2])",
    )
    .fix("pack_array"),
    other(
        &["object", "dict", "struct", "json_object", "object_construct", "named_struct"],
        "bag_pack(\"a\", x)",
        "bag_pack(\"a\", x, \"b\", y) makes a value with members; a fixed one is dynamic({\"a\": 1})",
    )
    .fix("bag_pack"),
    other(
        &["keys", "object_keys", "map_keys", "json_object_keys"],
        "bag_keys(x)",
        "bag_keys(x) lists the names of the members",
    )
    .fix("bag_keys"),
    other(
        &["unnest", "flatten"],
        "mv-expand",
        "mv-expand makes a row of each item of an array: | mv-expand x",
    ),
    other(
        &["array_distinct", "array_unique"],
        "set_union(x, x)",
        "set_union(x, x) leaves the repeated items of an array out",
    ),
    other(
        &["vlookup", "xlookup", "hlookup"],
        "lookup",
        "a value of another table by a key: | lookup Other on Key",
    ),
    // Addresses.
    other(
        &["cidr_match", "in_subnet", "ip_in_range", "ip_in_subnet"],
        "ipv4_is_in_range(ip, range)",
        "ipv4_is_in_range(ip, \"10.0.0.0/8\") looks an address up in a range",
    )
    .fix("ipv4_is_in_range"),
    other(
        &["cidrmatch", "inet_contains"],
        "ipv4_is_in_range(ip, range)",
        "ipv4_is_in_range(ip, \"10.0.0.0/8\") looks an address up in a range; the address stands first",
    ),
    other(
        &["is_private_ip", "isprivate", "is_private", "isprivateip"],
        "ipv4_is_private(ip)",
        "ipv4_is_private(ip) holds for addresses of private networks",
    )
    .fix("ipv4_is_private"),
    other(&["inet_aton", "ip_to_int"], "parse_ipv4(ip)", "parse_ipv4(ip) is the number of an address")
        .fix("parse_ipv4"),
    // Conditions.
    other(&["isin", "in_list", "one_of"], "x in (…)", "in is an operator: x in (\"a\", \"b\")"),
    other(
        &["isnumeric", "is_numeric", "isnumber", "is_number"],
        "isnotnull(todouble(x))",
        "isnotnull(todouble(x)) holds for texts that are numbers",
    ),
    other(
        &["isdate", "is_date"],
        "isnotnull(todatetime(x))",
        "isnotnull(todatetime(x)) holds for texts that are times",
    ),
    other(&["xor"], "(a) != (b)", "of two conditions just one: (a) != (b)"),
];
