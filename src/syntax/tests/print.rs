//! Trees as text: what was read prints as a text that reads the same, and what is built by hand gets the brackets and
//! parentheses that it needs.

use std::path::Path;

use crate::syntax::ast::{
    At, BinaryExpression, BinaryOperator, DynamicValue, Expression, Literal, LiteralKind, LogicalExpression,
    Name, NamedExpression, PathExpression, PipeExpression, QueryBlock, QueryOperator, Statement,
    UnaryExpression,
};
use crate::syntax::{format, parse, parse_expression, parse_function};

/// The tree of a text prints as a text with the same tree, which prints as itself.
pub(super) fn prints_itself(text: &str) {
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let printed = parsed.tree.to_string();
    let again = parse(&printed);
    assert_eq!(again.diagnostics, [], "{text}\n{printed}");
    assert_eq!(again.tree, parsed.tree, "{text}\n{printed}");
    assert_eq!(again.tree.to_string(), printed, "{text}");
    super::walk::meets_every_node(&parsed.tree);
}

/// Texts that are canonical on one line: they print as they stand, whatever blanks they are read with.
const CANONICAL: &[&str] = &[
    // Statements
    "let n = 5; T | take n",
    "let f = (a: long, T: (x: long, y: string), by: string = 'a') { let m = a + 1; T | take m }; f(1, T)",
    "let f = (T: (*)) { T }; f(U)",
    "let f = view () { T }; f",
    "let v = materialize(T | take 1); v",
    "set notruncation; set maxmemory = 5; T",
    "declare query_parameters(a: long = -1, b: string); print a",
    "alias database d = cluster('c').database('d'); T",
    "restrict access to (T, v*, database('d').*) with (a = 1, b = sql); T",
    "declare pattern p; p",
    "declare pattern p = (a: string)[b: string] { ('x').['y'] = { T | take 1 }; ('z') = { let n = 1; U }; }; T",
    "let g = entity_group [cluster('c').database('d'), database('e')]; macro-expand kind=outer g as X (X.T)",
    // Expressions
    "print -1, +a, -(-a), -f(1)",
    "print a + b * c - d / e % f, (a + b) * c",
    "print a == 1 and b <> 2 or c < 3 and not(d)",
    "print a has 'x' and b !startswith_cs 'y' and c matches regex @'z'",
    "print a in (1, 2), b !in~ (T | project c), d has_any ('x', 'y'), e between (1 .. 3)",
    "print a.b.c[0]['d'].['e f'], f(1)[2].g, 1 .x",
    "print toscalar(T | count), totable(T)",
    "print x = 1, (a, b) = f(c, d = 2, *)",
    "print datetime(2024-01-01), 1.5h, h@'x', 0x1F, guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
    "print dynamic([1, -2.5, {\"a\": null, \"b\": [true]}]), dynamic({}), typeof(long), typeof(*, a: long)",
    "print ['a b'], f(['c'])",
    "datatable (a: long, ['b c']: string) [1, 'x', -2, 'y'] | count",
    "externaldata (a: long) ['https://x/y', 'z'] with (format = 'csv')",
    "T datascope = all | count",
    "(T | take 1) | take 2",
    "x in ((T | take 1), 2)",
    // Operators
    "T | as hint.materialized=true x",
    "T | assert-schema (a: long)",
    "T | consume decodeblocks=true",
    "T | count as n",
    "T | distinct *",
    "T | distinct a, b",
    "T | evaluate hint.strategy=shuffle bag_unpack(d, 'p') : (*, a: long)",
    "T | extend a = 1, b",
    "T | facet by a, b with (take 1 | count)",
    "find withsource=s in (T, a*, U | as u) where x == 1 project a, b: string, pack(*)",
    "find 'x' project-smart",
    "T | fork n = (take 1 | count) (where a)",
    "T | getschema kind=csl",
    "T | graph-mark-components kind=weak with_component_id=c",
    "T | graph-match cycles=none (a)-[e*1..3]->(b)<--(c)--(), (d)<-[f]-(g) where a.x == 1 project a.x, b",
    "T | graph-shortest-paths output=all (a)-[e]-(b) project a",
    "T | graph-to-table nodes as N with_node_id = i, edges as E",
    "T | graph-where-nodes a == 1",
    "T | graph-where-edges a == 1",
    "T | invoke f(1).g(2)",
    "T | join kind=inner hint.strategy=shuffle (U | take 1) on a, $left.b == $right.c",
    "T | lookup kind=leftouter U on a",
    "T | make-graph a --> b with U on c, V on d",
    "T | make-graph a -- b with_node_id = i partitioned-by c (take 1)",
    "T | make-series kind=nonempty n = count() default = 0, max(x) on t from a to b step 1h by c, d",
    "T | make-series count() on t in range(a, b, c)",
    "T | mv-apply with_itemindex=i a, b = c to typeof(long) limit 5 on (where a > 1 | count)",
    "T | mv-expand kind=array with_itemindex=i a, b = c to typeof(long) limit 5",
    "T | mvexpand a",
    "T | parse kind=regex flags=i x with * 'a' b 'c' d: long *",
    "T | parse-where x with 'a' b",
    "T | parse-kv x as (a: long) with (pair_delimiter = ',', greedy = true)",
    "T | partition hint.strategy=native by a (take 1 | count)",
    "T | partition by a in f(1) { U | take 1 }",
    "T | __partitionby a id guid(74be27de-1e4e-49d9-b579-fe0b331d3642) (take 1)",
    "T | project a, b = 1",
    "T | project-away a, b*",
    "T | project-by-names a",
    "T | project-keep *c",
    "T | project-rename a = b",
    "T | project-reorder a, b* asc, c granny-desc",
    "range x from 1 to 10 step 1",
    "T | reduce kind=source by x with threshold = 0.1, characters = '_'",
    "T | render timechart with (title = 'x', series = a, b, ymin = 1)",
    "T | sample 5",
    "T | sample-distinct 5 of x",
    "T | scan with_match_id=m order by a desc nulls last partition by b declare (x: long = 0) with (step s \
     optional output = all: a == 1 => x = 1, y = 2; step u: true;)",
    "search kind=case_sensitive in (T, a*) 'x' and b: 'y'",
    "search * and a or b",
    "T | serialize",
    "T | serialize a = 1",
    "T | sort by a asc nulls first, b granny-desc",
    "T | order by a",
    "T | summarize hint.strategy=shuffle n = count(), max(x) by a, bin(t, 1h)",
    "T | summarize count() by t bin = 1h",
    "T | take 5",
    "T | limit 5",
    "T | top 5 by a desc",
    "T | top-hitters 5 of a by b",
    "T | top-nested 5 of a with others = -1 by count(), top-nested of b by max(x) asc",
    "union kind=outer withsource=s T, (U | take 1), v*, database('d').W",
    "T | filter a == 1",
    "T | __executeAndCache",
];

#[test]
fn canonical_texts_print_as_they_stand() {
    for text in CANONICAL {
        prints_itself(text);
        let parsed = parse(text);
        assert_eq!(parsed.tree.to_string(), *text);
        // Blanks at the ends of lines and comments tell nothing.
        assert_eq!(parse(&format(text).expect("it is KQL")).tree.to_string(), *text);
    }
}

#[test]
fn what_has_no_sign_in_the_tree_is_written_in_one_way() {
    let cases = [
        ("#connect x\nT|count // n", "T | count"),
        ("T | mvapply a on (take 1)", "T | mv-apply a on (take 1)"),
        ("T | facet by a with take 1", "T | facet by a with (take 1)"),
        ("external_data(a:long)['x']", "externaldata (a: long) ['x']"),
        (
            "T | render piechart kind=stacked title='x'",
            "T | render piechart with (kind = stacked, title = 'x')",
        ),
        ("T | render piechart kind=map by a, b", "T | render piechart kind = map by a, b"),
        ("T | graph-match (a)-[]->(b)<-[e]->(c) project a", "T | graph-match (a)-->(b)<-[e]-(c) project a"),
        // A path that begins with hint is not the parameter of that name.
        ("print hint . strategy", "print hint .strategy"),
        ("print typeof(a: long, *)", "print typeof(*, a: long)"),
        ("print [\"a\\\"'b\"]", "print ['a\"\\'b']"),
        ("T | facet by a['b']", "T | facet by a[['b']]"),
        ("T | top-nested of a with others = - 1 by b", "T | top-nested of a with others = - 1 by b"),
        ("datatable (a: (['x y']: long)) []", "datatable (a: (['x y']: long)) []"),
        // What stands between strings that are one text is part of the literal.
        ("print 'a' // b\n 'c'", "print 'a' // b\n 'c'"),
    ];
    for (text, printed) in cases {
        prints_itself(text);
        assert_eq!(parse(text).tree.to_string(), printed, "{text}");
    }
}

#[test]
fn functions_and_expressions_print_too() {
    for text in ["(n: long, T: (*)) { let m = n + 1; T | take m }", "view () {}", "() { 1 }"] {
        let parsed = parse_function(text);
        assert_eq!(parsed.diagnostics, [], "{text}");
        assert_eq!(parsed.tree.to_string(), text);
    }
    for text in ["a.b[0] has 'x' and c > 3", "toscalar(T | count) + 1", "['a b']"] {
        assert_eq!(parse_expression(text).tree.to_string(), text);
    }
}

#[test]
fn queries_of_the_case_files_print_as_they_were_read() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the cases are there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "case") {
                let text = std::fs::read_to_string(&path).expect("a case");
                let Some((_, query)) = text.split_once("\n[query]\n") else { continue };
                let query = query.find("\n[").map_or(query, |end| &query[..end]);
                if parse(query).diagnostics.is_empty() {
                    prints_itself(query);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 300, "only {count} queries were read");
}

fn name(text: &str) -> Expression {
    Expression::Name(plain(text))
}

fn plain(text: &str) -> Name {
    Name { text: text.to_owned(), bracketed: false, at: At::default() }
}

fn number(text: &str) -> Expression {
    let text = text.to_owned();
    Expression::Literal(Literal { kind: LiteralKind::Long, value: text.clone(), text, at: At::default() })
}

fn binary(operator: BinaryOperator, left: Expression, right: Expression) -> Expression {
    let spelling = String::new();
    let operator_at = At::default();
    Expression::Binary(Box::new(BinaryExpression { operator, spelling, operator_at, left, right }))
}

fn logical(and: bool, operands: Vec<Expression>) -> Expression {
    Expression::Logical(LogicalExpression { and, operands, operators_at: Vec::new() })
}

fn minus(operand: Expression) -> Expression {
    Expression::Unary(Box::new(UnaryExpression { minus: true, operand, at: At::default() }))
}

fn path(target: Expression, selector: Expression) -> Expression {
    Expression::Path(Box::new(PathExpression { target, selector }))
}

#[test]
fn operands_get_the_parentheses_that_they_need() {
    use BinaryOperator::*;
    let (a, b, c) = (|| name("a"), || name("b"), || name("c"));
    let cases = [
        (binary(Multiply, binary(Add, a(), b()), c()), "(a + b) * c"),
        (binary(Add, binary(Multiply, a(), b()), c()), "a * b + c"),
        // Operators of one level bind to the left.
        (binary(Subtract, binary(Subtract, a(), b()), c()), "a - b - c"),
        (binary(Subtract, a(), binary(Subtract, b(), c())), "a - (b - c)"),
        // Comparisons and string operators are no chains.
        (binary(Equal, binary(Equal, a(), b()), c()), "(a == b) == c"),
        (binary(Less, binary(Less, a(), b()), c()), "(a < b) < c"),
        (binary(Has, binary(Has, a(), b()), c()), "(a has b) has c"),
        (binary(Equal, binary(Less, a(), b()), c()), "a < b == c"),
        (binary(Has, minus(a()), minus(b())), "-a has -b"),
        (logical(true, vec![logical(false, vec![a(), b()]), c()]), "(a or b) and c"),
        (logical(false, vec![logical(true, vec![a(), b()]), c()]), "a and b or c"),
        (logical(true, vec![logical(true, vec![a(), b()]), c()]), "(a and b) and c"),
        (minus(minus(a())), "-(-a)"),
        (minus(number("-1")), "-(-1)"),
        (minus(binary(Add, a(), b())), "-(a + b)"),
        (path(minus(a()), b()), "(-a).b"),
        (path(binary(Add, a(), b()), c()), "(a + b).c"),
    ];
    for (tree, text) in cases {
        assert_eq!(tree.to_string(), text);
        let parsed = parse_expression(text);
        assert_eq!(parsed.diagnostics, [], "{text}");
        assert_eq!(parsed.tree.to_string(), text);
    }
    // A pipe in an operand, an argument or a source.
    let pipe = |source| {
        let operators = parse_pipe("T | count").operators;
        Expression::Pipe(Box::new(PipeExpression { source: Some(source), operators, at: At::default() }))
    };
    assert_eq!(pipe(pipe(a())).to_string(), "(a | count) | count");
    assert_eq!(binary(Add, pipe(a()), b()).to_string(), "(a | count) + b");
    // An operator that was changed takes its own spelling.
    let Expression::Binary(mut it) = parse_expression("a <> b").tree else { panic!("it is an operator") };
    assert_eq!(it.to_string(), "a <> b");
    it.operator = Equal;
    assert_eq!(it.to_string(), "a == b");
}

fn parse_pipe(text: &str) -> PipeExpression {
    match parse(text).tree.statements.pop() {
        Some(Statement::Expression(Expression::Pipe(it))) => *it,
        other => panic!("{text} is {other:?}"),
    }
}

#[test]
fn names_get_the_brackets_that_they_need() {
    for (text, printed) in [
        ("a", "a"),
        ("$left", "$left"),
        ("1a", "1a"),
        ("a b", "['a b']"),
        ("it's \\ \n", "['it\\'s \\\\ \\n']"),
        ("1", "['1']"),
        ("1d", "['1d']"),
        ("true", "['true']"),
        ("a.b", "['a.b']"),
        ("{x[1]}", "{x[1]}"),
        ("{x", "['{x']"),
        // Keywords: reserved, names where columns are declared, names everywhere.
        ("long", "['long']"),
        ("title", "['title']"),
        ("count", "count"),
    ] {
        assert_eq!(plain(text).to_string(), printed);
    }
    let title = NamedExpression {
        names: vec![plain("title")],
        parenthesised: false,
        value: name("title"),
        at: At::default(),
    };
    assert_eq!(title.to_string(), "title = ['title']");
    assert_eq!(path(name("a"), name("long")).to_string(), "a.['long']");
    // Words that would end the list that they stand in, and do so nowhere else.
    let rename = |text: &str, new: &str| {
        let mut pipe = parse_pipe(text);
        match &mut pipe.operators[0] {
            QueryOperator::MvExpand(it) => it.columns[0].expression = name(new),
            QueryOperator::Facet(it) => it.columns[0] = name(new),
            QueryOperator::Extend(it) => it.columns[0] = name(new),
            other => panic!("{other:?}"),
        }
        pipe.to_string()
    };
    assert_eq!(rename("T | mv-expand a limit 1", "limit"), "T | mv-expand ['limit'] limit 1");
    assert_eq!(rename("T | facet by a", "with"), "T | facet by ['with']");
    assert_eq!(rename("T | extend a", "limit"), "T | extend limit");
}

#[test]
fn what_is_missing_prints_nothing() {
    assert_eq!(QueryBlock::default().to_string(), "");
    assert_eq!(parse("T | where").tree.to_string(), "T | where");
    assert_eq!(binary(BinaryOperator::Add, name("a"), Expression::Missing(At::default())).to_string(), "a +");
}

#[test]
fn deep_trees_print_and_are_walked_on_a_small_stack() {
    let work = || {
        let mut chain = name("a");
        let mut nested = name("a");
        let mut array = DynamicValue::Null;
        for _ in 0..30_000 {
            chain = binary(BinaryOperator::Add, chain, name("b"));
            nested = minus(nested);
            array = DynamicValue::Array(vec![array]);
        }
        assert_eq!((chain.nodes().count(), nested.nodes().count()), (2 * 30_000 + 1, 30_000 + 1));
        let lengths = [chain.to_string().len(), nested.to_string().len(), array.to_string().len()];
        // To drop a deep tree takes the stack that printing does not.
        std::mem::forget((chain, nested, array));
        lengths
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work).expect("a thread starts");
    // `a + b …`; `-(-( … a))`, of which the innermost needs no parentheses; `[[ … null]]`.
    assert_eq!(thread.join().expect("it prints"), [1 + 4 * 30_000, 3 * 29_999 + 2, 2 * 30_000 + 4]);
}
