//! What the reference says of the scalar types. It must not know how literals are read.

use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};

/// What the entries have in common, to be filled in.
const TYPE: LanguageEntry = LanguageEntry {
    name: "",
    aliases: &[],
    kind: EntryKind::DataType,
    summary: "",
    syntax: &[],
    parameters: &[],
    remarks: &[],
    examples: &[],
};

pub(super) const ENTRIES: &[LanguageEntry] = &[
    LanguageEntry {
        name: "bool",
        aliases: &["boolean"],
        summary: "Holds true or false.",
        syntax: &["true, false", "bool(true), bool(false), bool(null)"],
        remarks: &[
            "and is false where one side is, whatever the other; or is true where one side is. With null in the \
             undecided cases they are null, and not(null) is null.",
            "where keeps a row only if its condition is true: null drops it.",
            "tobool() reads numbers and texts; what it cannot read is null.",
        ],
        examples: &[
            TableExample {
                query: r"print A = bool(null) and false, B = bool(null) or true,
    C = bool(null) and true, D = not(bool(null))",
                result: "A:bool, B:bool, C:bool, D:bool\n[false,true,null,null]",
            },
            TableExample {
                query: "print A = tobool('TRUE'), B = tobool(0), C = tobool('yes')",
                result: "A:bool, B:bool, C:bool\n[true,false,null]",
            },
        ],
        ..TYPE
    },
    LanguageEntry {
        name: "int",
        aliases: &["int32"],
        summary: "Holds an integer of 32 bits, from -2147483648 to 2147483647.",
        syntax: &["int(5), int(-5), int(null)"],
        remarks: &[
            "A bare number is a long: an int has to be written int(5).",
            "The sum, product, difference and quotient of two ints is a long.",
            "toint() of a text that is no integer is null.",
        ],
        examples: &[
            TableExample {
                query: r"print A = int(7) / int(2)
| extend Type = gettype(A)",
                result: r#"A:long, Type:string
[3,"long"]"#,
            },
            TableExample {
                query: "print A = toint('12'), B = toint('1.5'), C = toint(2.9)",
                result: "A:int, B:int, C:int\n[12,null,2]",
            },
        ],
        ..TYPE
    },
    LanguageEntry {
        name: "long",
        aliases: &["int64"],
        summary: "Holds an integer of 64 bits; every bare number without a point is one.",
        syntax: &["5, 0xff", "long(5), long(-5), long(null)"],
        remarks: &[
            "Division drops the fraction: 7 / 2 is 3. Make one side real for the fraction: 7 / 2.0.",
            "A division by 0 is null. The remainder x % y is never negative.",
            "A sum or product that is too large wraps round.",
        ],
        examples: &[
            TableExample {
                query: "print A = 7 / 2, B = 7 / 2.0, C = -7 % 3, D = 1 / 0",
                result: "A:long, B:real, C:long, D:long\n[3,3.5,2,null]",
            },
            TableExample {
                query: "print A = 0xff, B = tolong('12'), C = tolong('twelve')",
                result: "A:long, B:long, C:long\n[255,12,null]",
            },
        ],
        ..TYPE
    },
    LanguageEntry {
        name: "real",
        aliases: &["double"],
        summary: "Holds a floating-point number of 64 bits.",
        syntax: &["1.5, 1e5", "real(1.5), real(nan), real(+inf), real(-inf), real(null)"],
        remarks: &[
            "Fractions are not exact: 0.1 + 0.2 is not 0.3. Compare with a margin, or use decimal.",
            "A division by 0.0 is infinite or NaN, not null. NaN equals nothing, itself included: ask with isnan().",
            "round() rounds half away from zero; bin(x, 0.5) goes down to a multiple.",
        ],
        examples: &[
            TableExample {
                query: "print A = 0.1 + 0.2 == 0.3, B = abs(0.1 + 0.2 - 0.3) < 1e-9",
                result: "A:bool, B:bool\n[false,true]",
            },
            TableExample {
                query: "print A = 1.0 / 0, B = real(nan) == real(nan), C = round(2.5)",
                result: r#"A:real, B:bool, C:real
["Infinity",false,3.0]"#,
            },
        ],
        ..TYPE
    },
    LanguageEntry {
        name: "decimal",
        summary: "Holds a decimal number, exact to many digits.",
        syntax: &["decimal(1.5), decimal(1e5), decimal(null)"],
        remarks: &[
            "Sums are exact, where real rounds; they are slower.",
            "kqlite has 28 significant digits, Kusto 34.",
            "A real beside a decimal makes the result a decimal.",
        ],
        examples: &[
            TableExample {
                query: "print A = decimal(0.1) + decimal(0.2) == decimal(0.3), B = 0.1 + 0.2 == 0.3",
                result: "A:bool, B:bool\n[true,false]",
            },
            TableExample {
                query: "print A = decimal(1.25) * 2, B = todecimal('0.1')",
                result: r#"A:decimal, B:decimal
["2.5","0.1"]"#,
            },
        ],
        ..TYPE
    },
    LanguageEntry {
        name: "string",
        summary: "Holds text, in Unicode; it is never null.",
        syntax: &["'text', \"text\"", "@'C:\\verbatim'", "h'secret', h@'secret'", "```several lines```"],
        remarks: &[
            "A missing text is the empty text: ask with isempty(), since isnull() is always false.",
            "A backslash begins an escape such as \\n or \\u00e9. In a verbatim text, behind @, it stands for \
             itself, and a quote is doubled.",
            "Texts that stand next to each other are one text.",
            "h hides the text in the service's logs and changes nothing else.",
            "== compares with the case, =~ without; has finds whole terms, contains any part.",
        ],
        examples: &[
            TableExample {
                query: r#"print A = 'C:\\temp', B = @'C:\temp', C = "it's", D = 'one ' 'text'"#,
                result: r#"A:string, B:string, C:string, D:string
["C:\\temp","C:\\temp","it's","one text"]"#,
            },
            TableExample {
                query: "print A = isempty(''), B = isempty(tostring(long(null)))",
                result: "A:bool, B:bool\n[true,true]",
            },
            TableExample {
                query: r"print A = 'Error' == 'error', B = 'Error' =~ 'error',
    C = 'an error' has 'err', D = 'an error' contains 'err'",
                result: "A:bool, B:bool, C:bool, D:bool\n[false,true,false,true]",
            },
        ],
        ..TYPE
    },
    LanguageEntry {
        name: "datetime",
        aliases: &["date"],
        summary: "Holds an instant in UTC, exact to 100 nanoseconds, from the year 1 to 9999.",
        syntax: &[
            "datetime(2024-06-30), datetime(2024-06-30 12:00:00.5), datetime(2024-06-30T12:00:00Z)",
            "datetime(null)",
            "datetime(): now",
        ],
        remarks: &[
            "There are no time zones: a literal with an offset is converted to UTC. datetime_utc_to_local() shows \
             local times.",
            "The difference of two datetimes is a timespan, and a datetime plus a timespan a datetime.",
            "now() is the same in the whole query. ago(1d) is now() - 1d.",
            "bin(t, 7d) counts weeks from the year 1, so they begin on Mondays; startofweek() begins them on \
             Sundays.",
        ],
        examples: &[
            TableExample {
                query: "print A = datetime(2024-03-01) - datetime(2024-02-01), B = datetime(2024-06-30T12:00:00+02:00)",
                result: r#"A:timespan, B:datetime
["29.00:00:00","2024-06-30T10:00:00Z"]"#,
            },
            TableExample {
                query: r"print At = datetime(2024-06-30T12:34:56Z)
| extend Hour = bin(At, 1h), Day = startofday(At),
    Text = format_datetime(At, 'yyyy-MM-dd HH:mm')",
                result: r#"At:datetime, Hour:datetime, Day:datetime, Text:string
["2024-06-30T12:34:56Z","2024-06-30T12:00:00Z","2024-06-30T00:00:00Z","2024-06-30 12:34"]"#,
            },
        ],
        ..TYPE
    },
    LanguageEntry {
        name: "timespan",
        aliases: &["time"],
        summary: "Holds a span of time, exact to 100 nanoseconds.",
        syntax: &[
            "2d, 1.5h, 30m, 10s, 100ms, 10microsecond, 1tick",
            "timespan(2), timespan(1.02:03:04.5), timespan(15 seconds), timespan(null)",
        ],
        remarks: &[
            "m is minutes. Weeks, months and years have no letter: write 7d, or use datetime_add() for months.",
            "timespan(2) is two days.",
            "A timespan divided by a timespan is a real: 1d / 1h is 24.0. To get seconds, divide by 1s.",
        ],
        examples: &[
            TableExample {
                query: "print A = 1.5h, B = timespan(2), C = 1d / 1h, D = 90m / 1s",
                result: r#"A:timespan, B:timespan, C:real, D:real
["01:30:00","2.00:00:00",24.0,5400.0]"#,
            },
            TableExample {
                query: "print A = 2 * 12h, B = 10m > 599s, C = bin(100m, 1h)",
                result: r#"A:timespan, B:bool, C:timespan
["1.00:00:00",true,"01:00:00"]"#,
            },
        ],
        ..TYPE
    },
    LanguageEntry {
        name: "guid",
        aliases: &["uuid", "uniqueid"],
        summary: "Holds an identifier of 128 bits.",
        syntax: &["guid(74be27de-1e4e-49d9-b579-fe0b331d3642), guid(null)"],
        remarks: &[
            "It is compared as a number: the case of the letters does not count, unlike in a text.",
            "toguid() of a text that is no identifier is null.",
        ],
        examples: &[
            TableExample {
                query: r"print A = toguid('74BE27DE-1E4E-49D9-B579-FE0B331D3642')
    == guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
                result: "A:bool\n[true]",
            },
            TableExample {
                query: "print Id = toguid('74BE27DE-1E4E-49D9-B579-FE0B331D3642'), None = toguid('none')",
                result: r#"Id:guid, None:guid
["74be27de-1e4e-49d9-b579-fe0b331d3642",null]"#,
            },
        ],
        ..TYPE
    },
    LanguageEntry {
        name: "dynamic",
        summary: "Holds what JSON can say: an array, a property bag, a value of another type, or null.",
        syntax: &["dynamic([1, 'two', [3]])", "dynamic({'key': 'value'})", "dynamic(5), dynamic(null)"],
        remarks: &[
            "d.key and d['key'] are a property of a bag, d[0] the first item of an array and d[-1] the last. What is \
             not there is null.",
            "A part of a dynamic is dynamic again. Convert it to compare, sort, group or compute with it: \
             tostring(d.user), tolong(d.n).",
            "A column of type string that holds JSON has to be read with parse_json() first; a text that is no JSON \
             stays a text.",
            "A literal may hold typed values, such as datetime(2024-01-01); in JSON they are texts.",
        ],
        examples: &[
            TableExample {
                query: r"print d = dynamic({'user': {'name': 'ann'}, 'ips': ['a', 'b']})
| project Name = tostring(d.user.name), Last = tostring(d['ips'][-1]), None = isnull(d.other)",
                result: r#"Name:string, Last:string, None:bool
["ann","b",true]"#,
            },
            TableExample {
                query: r#"print Text = '{"n": 5}'
| extend d = parse_json(Text)
| project Twice = 2 * tolong(d.n), Type = gettype(d.n), NotRead = isnull(tolong(Text))"#,
                result: r#"Twice:long, Type:string, NotRead:bool
[10,"long",true]"#,
            },
        ],
        ..TYPE
    },
    LanguageEntry {
        name: "typeof",
        summary: "Names a type where one is expected, as in extract() and mv-expand.",
        syntax: &["typeof(Type)"],
        parameters: &[ParameterInfo::required("Type", "One of the data types, such as long.")],
        remarks: &[
            "It is no function: gettype(x) tells which type a value has.",
            "extract() converts to the type; mv-expand and mv-apply only keep what is of the type.",
        ],
        examples: &[
            TableExample {
                query: r"print Code = extract(@'code=(\d+)', 1, 'failed, code=42', typeof(long))
| extend Twice = 2 * Code",
                result: "Code:long, Twice:long\n[42,84]",
            },
            TableExample {
                query: r"print Items = dynamic([1, 'two'])
| mv-expand Items to typeof(long)",
                result: "Items:long\n[1]\n[null]",
            },
        ],
        ..TYPE
    },
];
