//! Binds `join` and `lookup`. It must not know how rows are matched.

use super::super::binder::Binder;
use super::super::names::make_unique;
use super::super::place::PlaceKind;
use super::super::references::ReferenceKind;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::promote;
use crate::plan::{Expr, JoinKind, Node};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::ScalarType;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "join",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Puts rows of two tables side by side where their keys are equal.",
    syntax: &[
        "Left | join [kind=Kind] [Hints] (Right) on Column [, …]",
        "Left | join [kind=Kind] [Hints] (Right) on $left.Column == $right.Column [, …]",
    ],
    parameters: &[
        ParameterInfo::required("Left", "The rows in front of the pipe."),
        ParameterInfo::optional("Kind", "Which rows come out, see below; innerunique where nothing is said."),
        ParameterInfo::optional(
            "Hints",
            "hint.strategy, hint.shufflekey, hint.remote. They change no answer.",
        ),
        ParameterInfo::required("Right", "The other table; a query stands in parentheses."),
        ParameterInfo::required(
            "Column",
            "A key: a column that both sides have, or one of each side. All must be equal.",
        ),
    ],
    remarks: &[
        "innerunique, the default: of the left rows with the same key only one is used, with all its partners. kqlite takes \
         the first, Kusto any. Say kind=inner if every left row counts.",
        "inner: each pair of rows with the same key.",
        "leftouter: as inner, and the left rows without a partner.",
        "rightouter: as inner, and the right rows without a partner.",
        "fullouter: as inner, and the rows of both sides without a partner.",
        "leftsemi: the left rows that have a partner, each once, with the left columns alone.",
        "rightsemi: the right rows that have a partner, each once, with the right columns alone.",
        "leftanti (also anti, leftantisemi): the left rows without a partner, with the left columns alone.",
        "rightanti (also rightantisemi): the right rows without a partner, with the right columns alone.",
        "Other kinds have all left columns, then all right ones. The keys are there twice: a name that is taken gets a \
         number, as User1.",
        "Where a row has no partner, the other side's cells are null, and empty in columns of type string: ask with \
         isempty(), not with isnull().",
        "Keys must have one type and be equal: text with its case, and null matches null. What is no equality goes into a \
         where behind the join.",
        "Kusto gives the rows in no particular order; kqlite in the order of the left side, then the right rows without a \
         partner.",
    ],
    examples: &[
        TableExample {
            query: r"let Users = datatable (User: string, Team: string) ['ann', 'red', 'ann', 'blue', 'cid', 'red'];
let Logons = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9];
Users
| join Logons on User",
            result: r#"User:string, Team:string, User1:string, Failures:long
["ann","red","ann",2]"#,
        },
        TableExample {
            query: r"let Users = datatable (User: string, Team: string) ['ann', 'red', 'ann', 'blue', 'cid', 'red'];
let Logons = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9];
Users
| join kind=inner Logons on User",
            result: r#"User:string, Team:string, User1:string, Failures:long
["ann","red","ann",2]
["ann","blue","ann",2]"#,
        },
        TableExample {
            query: r"let Users = datatable (User: string, Team: string) ['ann', 'red', 'ann', 'blue', 'cid', 'red'];
let Logons = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9];
Users
| join kind=leftouter Logons on User",
            result: r#"User:string, Team:string, User1:string, Failures:long
["ann","red","ann",2]
["ann","blue","ann",2]
["cid","red","",null]"#,
        },
        TableExample {
            query: r"let Users = datatable (User: string, Team: string) ['ann', 'red', 'ann', 'blue', 'cid', 'red'];
let Logons = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9];
Users
| join kind=rightouter Logons on User",
            result: r#"User:string, Team:string, User1:string, Failures:long
["ann","red","ann",2]
["ann","blue","ann",2]
["","","bob",9]"#,
        },
        TableExample {
            query: r"let Users = datatable (User: string, Team: string) ['ann', 'red', 'ann', 'blue', 'cid', 'red'];
let Logons = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9];
Users
| join kind=fullouter Logons on User",
            result: r#"User:string, Team:string, User1:string, Failures:long
["ann","red","ann",2]
["ann","blue","ann",2]
["cid","red","",null]
["","","bob",9]"#,
        },
        TableExample {
            query: r"let Users = datatable (User: string, Team: string) ['ann', 'red', 'ann', 'blue', 'cid', 'red'];
let Logons = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9];
Users
| join kind=leftsemi Logons on User",
            result: r#"User:string, Team:string
["ann","red"]
["ann","blue"]"#,
        },
        TableExample {
            query: r"let Users = datatable (User: string, Team: string) ['ann', 'red', 'ann', 'blue', 'cid', 'red'];
let Logons = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9];
Users
| join kind=rightsemi Logons on User",
            result: r#"User:string, Failures:long
["ann",2]"#,
        },
        TableExample {
            query: r"let Users = datatable (User: string, Team: string) ['ann', 'red', 'ann', 'blue', 'cid', 'red'];
let Logons = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9];
Users
| join kind=leftanti Logons on User",
            result: r#"User:string, Team:string
["cid","red"]"#,
        },
        TableExample {
            query: r"let Users = datatable (User: string, Team: string) ['ann', 'red', 'ann', 'blue', 'cid', 'red'];
let Logons = datatable (User: string, Failures: long) ['ann', 2, 'bob', 9];
Users
| join kind=rightanti Logons on User",
            result: r#"User:string, Failures:long
["bob",9]"#,
        },
        TableExample {
            query: r"let Users = datatable (User: string, Team: string) ['ann', 'red', 'bob', 'red'];
let Events = datatable (Account: string, Team: string, Code: long) [
    'ann', 'red', 1,
    'bob', 'blue', 2,
];
Users
| join kind=inner Events on $left.User == $right.Account, Team
| project User, Team, Code",
            result: r#"User:string, Team:string, Code:long
["ann","red",1]"#,
        },
    ],
};

pub(in crate::bind) const LOOKUP: LanguageEntry = LanguageEntry {
    name: "lookup",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Adds to each row the columns of a second table that belong to its key.",
    syntax: &[
        "Left | lookup [kind=(leftouter | inner)] (Right) on Column [, …]",
        "Left | lookup [kind=(leftouter | inner)] (Right) on $left.Column == $right.Column [, …]",
    ],
    parameters: &[
        ParameterInfo::required("Left", "The rows in front of the pipe."),
        ParameterInfo::optional(
            "kind",
            "leftouter, the default, keeps rows without a partner, with nulls; inner leaves them out.",
        ),
        ParameterInfo::required("Right", "The table to look up in; Kusto expects it to be the smaller one."),
        ParameterInfo::required("Column", "A key: a column that both sides have, or one of each side."),
    ],
    remarks: &[
        "Unlike join, it keeps rows without a partner unless told otherwise, and the key is there once.",
        "It is no dictionary: a key that stands twice in the right table doubles the row.",
        "The cells of a row without a partner are null, and empty in columns of type string.",
    ],
    examples: &[
        TableExample {
            query: r"let Teams = datatable (User: string, Team: string) ['ann', 'red', 'cid', 'blue'];
datatable (User: string, Failures: long) ['ann', 2, 'bob', 9]
| lookup Teams on User",
            result: r#"User:string, Failures:long, Team:string
["ann",2,"red"]
["bob",9,""]"#,
        },
        TableExample {
            query: r"let Teams = datatable (Member: string, Team: string) ['ann', 'red', 'ann', 'blue'];
datatable (User: string, Failures: long) ['ann', 2, 'bob', 9]
| lookup kind=inner Teams on $left.User == $right.Member",
            result: r#"User:string, Failures:long, Team:string
["ann",2,"red"]
["ann",2,"blue"]"#,
        },
    ],
};

const JOIN_KINDS: &[(&str, JoinKind)] = &[
    ("inner", JoinKind::Inner),
    ("innerunique", JoinKind::InnerUnique),
    ("leftouter", JoinKind::LeftOuter),
    ("rightouter", JoinKind::RightOuter),
    ("fullouter", JoinKind::FullOuter),
    ("leftanti", JoinKind::LeftAnti),
    ("anti", JoinKind::LeftAnti),
    ("leftantisemi", JoinKind::LeftAnti),
    ("leftsemi", JoinKind::LeftSemi),
    ("rightanti", JoinKind::RightAnti),
    ("rightantisemi", JoinKind::RightAnti),
    ("rightsemi", JoinKind::RightSemi),
];

/// Columns that are equal on both sides: places in the left rows and in the right ones.
type Pairs = Vec<(usize, usize)>;

impl Binder<'_> {
    pub(in crate::bind) fn bind_join(&mut self, it: &ast::JoinOperator, left: Rows, env: &Env) -> Rows {
        let right = self.bind_table(&it.right, env);
        let kind = self.choice(&it.parameters, "kind", JOIN_KINDS, JoinKind::InnerUnique);
        let keys = match &it.condition {
            ast::JoinCondition::On(list) => self.join_keys(list, &left, &right, env).0,
            ast::JoinCondition::Where(ast) => {
                self.unsupported(ast.span(), "join condition", "where");
                Vec::new()
            }
            ast::JoinCondition::None => {
                let message = "a join says on which columns: 'on Column' or 'on $left.A == $right.B'";
                self.error(Code::JoinCondition, it.at.0, message);
                Vec::new()
            }
        };
        let mut list: Vec<BoundColumn> = Vec::new();
        let (with_left, with_right) = (kind.gives_left(), kind.gives_right());
        if with_left {
            list.extend(left.columns.list.iter().cloned());
        }
        if with_right {
            list.extend(right.columns.list.iter().cloned());
        }
        make_unique(&mut list);
        let open = (with_left && left.columns.open) || (with_right && right.columns.open);
        let columns = Columns { list: list.into(), open };
        let node = Node::Join { kind, left: left.plan, right: right.plan, keys };
        Rows::new(Self::plan(node, &columns, it.at.0), columns)
    }

    pub(in crate::bind) fn bind_lookup(&mut self, it: &ast::LookupOperator, left: Rows, env: &Env) -> Rows {
        let right = self.bind_table(&it.right, env);
        let kinds = [("leftouter", JoinKind::LeftOuter), ("inner", JoinKind::Inner)];
        let kind = self.choice(&it.parameters, "kind", &kinds, JoinKind::LeftOuter);
        let (keys, pairs) = match &it.condition {
            ast::JoinCondition::On(list) => self.join_keys(list, &left, &right, env),
            _ => {
                self.error(Code::JoinCondition, it.at.0, "a lookup says on which columns: 'on Column'");
                (Vec::new(), Vec::new())
            }
        };
        // The right side's keys are the left side's: they come once.
        let width = left.columns.list.len();
        let kept: Vec<usize> =
            (0..right.columns.list.len()).filter(|at| !pairs.iter().any(|(_, right)| right == at)).collect();
        let mut list = left.columns.list.to_vec();
        list.extend(kept.iter().map(|&at| right.columns.list[at].clone()));
        let mut joined = left.columns.list.to_vec();
        joined.extend(right.columns.list.iter().cloned());
        make_unique(&mut joined);
        make_unique(&mut list);
        let open = left.columns.open || right.columns.open;
        let joined = Columns { list: joined.into(), open };
        let node = Node::Join { kind, left: left.plan, right: right.plan, keys };
        let rows = Rows::new(Self::plan(node, &joined, it.at.0), joined);
        let exprs = (0..width)
            .chain(kept.iter().map(|at| width + at))
            .map(|at| Expr::column(at, rows.columns.list[at].data_type.unwrap_or(ScalarType::Dynamic)))
            .collect();
        Self::project_to(&rows, Columns { list: list.into(), open }, exprs, it.at.0)
    }

    fn join_keys(
        &mut self,
        list: &[ast::Expression],
        left: &Rows,
        right: &Rows,
        env: &Env,
    ) -> (Vec<(Expr, Expr)>, Pairs) {
        let mut keys = Vec::new();
        let mut pairs = Vec::new();
        for ast in list {
            self.join_key(ast, left, right, env, &mut keys, &mut pairs);
        }
        (keys, pairs)
    }

    fn join_key(
        &mut self,
        ast: &ast::Expression,
        left: &Rows,
        right: &Rows,
        env: &Env,
        keys: &mut Vec<(Expr, Expr)>,
        pairs: &mut Pairs,
    ) {
        let context = ExprScope { right: Some(&right.columns), ..ExprScope::with_rows(env, left) };
        self.probe_join_key(ast, &left.columns, &right.columns, context);
        match ast.unparenthesised() {
            ast::Expression::Logical(it) if it.and => {
                it.operands.iter().for_each(|operand| self.join_key(operand, left, right, env, keys, pairs));
            }
            ast::Expression::Binary(it) if it.operator == ast::BinaryOperator::Equal => {
                let mark = self.diagnostics.len();
                let sides = (
                    self.join_operand(&it.left, "$left", context),
                    self.join_operand(&it.right, "$right", context),
                );
                self.teach_condition(mark, it);
                let (Some(a), Some(b)) = sides else { return };
                let (Some(left_kind), Some(right_kind)) =
                    (left.columns.list[a].data_type, right.columns.list[b].data_type)
                else {
                    return;
                };
                self.add_pair((a, left_kind, &it.left), (b, right_kind, &it.right), keys, pairs);
            }
            ast::Expression::Name(name) => self.common_key(name, left, right, keys, pairs),
            ast::Expression::Missing(_) => {}
            other => {
                if self.is_probed(other.span()) {
                    // The name that is asked about may belong to one side.
                    self.bind_scalar(other, context);
                }
                let message = "a join condition is a column that both sides have, or $left.A == $right.B";
                self.error(Code::JoinCondition, other.span(), message);
            }
        }
    }

    fn common_key(
        &mut self,
        name: &ast::Name,
        left: &Rows,
        right: &Rows,
        keys: &mut Vec<(Expr, Expr)>,
        pairs: &mut Pairs,
    ) {
        let (a, b) = (left.columns.find(&name.text), right.columns.find(&name.text));
        let note = if a.is_some() && b.is_some() { Self::refers } else { Self::refers_to_unknown };
        note(self, ReferenceKind::Column, &name.text, name.at.0);
        match (a, b) {
            (Some((a, left_column)), Some((b, right_column))) => {
                let (Some(left_kind), Some(right_kind)) = (left_column.data_type, right_column.data_type)
                else {
                    return;
                };
                if left_kind != right_kind {
                    let message = format!(
                        "the column '{}' is {left_kind} on the left side and {right_kind} on the right",
                        name.text
                    );
                    self.report(
                        Diagnostic::error(Code::JoinCondition, name.at.0, message)
                            .help("convert one side before the join, so that both have one type"),
                    );
                    return;
                }
                if left_kind == ScalarType::Dynamic {
                    self.dynamic_key(&name.text, name.at.0);
                    return;
                }
                keys.push((Expr::column(a, left_kind), Expr::column(b, right_kind)));
                pairs.push((a, b));
            }
            (None, None) if !left.columns.open && !right.columns.open => {
                self.unknown_column(name, &left.columns);
            }
            (None, _) if !left.columns.open => self.missing_side(name, "left", &left.columns),
            (_, None) if !right.columns.open => self.missing_side(name, "right", &right.columns),
            _ => {}
        }
    }

    fn missing_side(&mut self, name: &ast::Name, side: &str, columns: &Columns) {
        let message = format!("the {side} side of the join has no column '{}'", name.text);
        let known = columns.list.iter().map(|column| &*column.name);
        self.report(
            Diagnostic::error(Code::JoinCondition, name.at.0, message)
                .help(format!("its columns: {}", super::super::suggest::list(known)))
                .help("for columns of different names: on $left.A == $right.B"),
        );
    }

    /// `$left.Column` or `$right.Column`
    fn join_operand(&mut self, ast: &ast::Expression, side: &str, context: ExprScope<'_>) -> Option<usize> {
        self.probe_expression(ast, PlaceKind::JoinSide, context);
        let stands =
            |target: &ast::Expression| matches!(target, ast::Expression::Name(name) if name.text == side);
        let fits = match ast.unparenthesised() {
            ast::Expression::Path(it) => stands(&it.target),
            ast::Expression::Element(it) => stands(&it.target),
            ast::Expression::Missing(_) => return None,
            _ => false,
        };
        if !fits {
            let message = format!("this operand of a join condition must be {side}.Column");
            self.report(
                Diagnostic::error(Code::JoinCondition, ast.span(), message)
                    .help("columns of one name: on Key; of different names: on $left.A == $right.B"),
            );
            return None;
        }
        self.bind_scalar(ast, context).expr.as_column()
    }

    fn add_pair(
        &mut self,
        (a, left_kind, left): (usize, ScalarType, &ast::Expression),
        (b, right_kind, right): (usize, ScalarType, &ast::Expression),
        keys: &mut Vec<(Expr, Expr)>,
        pairs: &mut Pairs,
    ) {
        for (kind, ast) in [(left_kind, left), (right_kind, right)] {
            if kind == ScalarType::Dynamic {
                self.dynamic_key("the key", ast.span());
                return;
            }
        }
        if promote(left_kind) != promote(right_kind) {
            let message =
                format!("the keys of a join must have one type, these are {left_kind} and {right_kind}");
            let diagnostic = Diagnostic::error(Code::JoinCondition, left.span().to(right.span()), message);
            self.report(diagnostic.help("convert one side before the join"));
            return;
        }
        let mut sides = (Expr::column(a, left_kind), Expr::column(b, right_kind));
        if left_kind != right_kind {
            let widen = |binder: &mut Self, expr: Expr| {
                binder.converted(super::super::scalar::Scalar::new(expr), ScalarType::Long, left.span()).expr
            };
            sides = (widen(self, sides.0), widen(self, sides.1));
        }
        keys.push(sides);
        pairs.push((a, b));
    }
}
