//! Binds `top-hitters`: groups and the first of them. It must not know how rows are grouped.
//!
//! The page calls it the same as summarize and top; Kusto estimates, kqlite counts. Names and types are those of Microsoft's
//! parser: a sum of ints is an int there.

use super::super::binder::Binder;
use super::super::scope::{BoundColumn, Columns, Env, ExprScope, Rows};
use crate::column::{Column, IntType, LongType};
use crate::diagnostic::Code;
use crate::function::{Call, FunctionRef, Kernel, Result, ScalarFunction};
use crate::plan::{AggregateExpr, Expr, Node, SortKey};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast;
use crate::types::ScalarType;

pub(in crate::bind) const ENTRY: LanguageEntry = LanguageEntry {
    name: "top-hitters",
    aliases: &[],
    kind: EntryKind::TabularOperator,
    summary: "Finds the values of a column that occur most often, or those with the largest sum of something.",
    syntax: &["T | top-hitters NumberOfValues of Column [by SummingExpression]"],
    parameters: &[
        ParameterInfo::INPUT,
        ParameterInfo::required("NumberOfValues", "How many values at the most."),
        ParameterInfo::required("Column", "The column whose values are counted."),
        ParameterInfo::optional(
            "SummingExpression",
            "A number that is summed up for each value, in place of counting.",
        ),
    ],
    remarks: &[
        "It is summarize with count() or sum(), and top behind it.",
        "The second column is called approximate_count_ or approximate_sum_ and the name. Kusto estimates it over large \
         tables; kqlite counts.",
        "Which of several values with the same count comes first is open; kqlite takes them in the order of the rows.",
    ],
    examples: &[
        TableExample {
            query: r"datatable (User: string) ['ann', 'bob', 'bob', 'cid', 'bob', 'cid']
| top-hitters 2 of User",
            result: r#"User:string, approximate_count_User:long
["bob",3]
["cid",2]"#,
        },
        TableExample {
            query: r"datatable (User: string, Bytes: long) ['ann', 100, 'bob', 1, 'bob', 2]
| top-hitters 1 of User by Bytes",
            result: r#"User:string, approximate_sum_Bytes:long
["ann",100]"#,
        },
    ],
};

/// A sum of ints as an int.
static NARROW: ScalarFunction = ScalarFunction {
    name: "top-hitters",
    summary: "A sum of ints.",
    kernel: Kernel::Rows(narrow),
    ..ScalarFunction::DEFAULT
};

fn narrow(call: &Call<'_>) -> Result<Column> {
    for sum in call.argument(0)?.values() {
        if let Some(sum) = sum.as_long().filter(|sum| i32::try_from(*sum).is_err()) {
            call.doubt("a sum of ints that is no int", "its lower 32 bits are taken", sum)?;
        }
    }
    #[allow(clippy::cast_possible_truncation, reason = "as conversions to int do")]
    call.map1::<LongType, IntType>(|sum| Some(sum as i32))
}

impl Binder<'_> {
    pub(in crate::bind) fn bind_top_hitters(
        &mut self,
        it: &ast::TopHittersOperator,
        rows: Rows,
        env: &Env,
    ) -> Rows {
        let count = self.bind_count(&it.count, ExprScope::new(env)).expr;
        let context = ExprScope::with_rows(env, &rows);
        // A column, as it is: not even in parentheses.
        let place = match &it.of {
            ast::Expression::Name(_) => self.expect_column(&it.of, context),
            other => {
                self.bind_scalar(other, context);
                self.error(Code::ExpectedColumn, other.span(), "the name of a column is expected here");
                None
            }
        };
        let by = it.by.as_ref().map(|by| (by, self.bind_scalar(by, context)));
        if let Some((by, scalar)) = &by
            && scalar.data_type.is_some_and(|data_type| !data_type.is_number())
        {
            self.error(Code::ExpectedType, by.span(), "what is summed up must be a number");
            return Rows::unknown();
        }
        let Some(of) = place.and_then(|place| rows.columns.list.get(place).cloned()) else {
            return Rows::unknown();
        };
        if of.data_type == Some(ScalarType::Dynamic) {
            let form = format!("a dynamic column: {}", of.name);
            self.unsupported(it.of.span(), "form of top-hitters", &form);
        }
        let key = Expr::column(place.unwrap_or_default(), of.data_type.unwrap_or(ScalarType::Dynamic));
        let (name, aggregate, data_type) = match by {
            None => (format!("approximate_count_{}", of.name), self.row_count(it.at.0), ScalarType::Long),
            Some((by, scalar)) => {
                let name = self.inferred_name(by, Some(&rows.columns)).unwrap_or_default();
                let data_type = scalar.data_type.unwrap_or(ScalarType::Long);
                (format!("approximate_sum_{name}"), self.sum_of(scalar.expr, data_type, it.at.0), data_type)
            }
        };
        let Some(aggregate) = aggregate else { return Rows::unknown() };
        let summed = aggregate.returns.first().copied().unwrap_or(data_type);
        let columns = |data_type: ScalarType| {
            let hits = BoundColumn { name: name.as_str().into(), data_type: Some(data_type) };
            Columns { list: vec![of.clone(), hits].into(), open: false }
        };
        let grouped = columns(summed);
        let node = Node::Aggregate { input: rows.plan, keys: vec![key.clone()], aggregates: vec![aggregate] };
        let input = Self::plan(node, &grouped, it.at.0);
        let keys = vec![SortKey { expr: Expr::column(1, summed), descending: true, nulls_first: false }];
        let plan = Self::plan(Node::TopN { input, count, keys }, &grouped, it.at.0);
        let rows = Rows { serialized: true, ..Rows::new(plan, grouped) };
        if summed == data_type {
            return rows;
        }
        let narrowed = Expr::Call {
            function: FunctionRef::Builtin(&NARROW),
            arguments: vec![Expr::column(1, summed)],
            returns: [data_type].into(),
            output: 0,
            span: it.at.0,
            unfoldable: false,
        };
        let kept = Expr::column(0, key.scalar_type());
        Self::project_to(&rows, columns(data_type), vec![kept, narrowed], it.at.0)
    }

    /// `sum(…)` of a number.
    fn sum_of(
        &mut self,
        expr: Expr,
        data_type: ScalarType,
        span: crate::source::Span,
    ) -> Option<AggregateExpr> {
        let Some(function) = self.registry.aggregate("sum") else {
            self.unsupported(span, "aggregate function", "sum");
            return None;
        };
        let returns = if data_type == ScalarType::Int { ScalarType::Long } else { data_type };
        Some(AggregateExpr {
            function: function.clone(),
            arguments: vec![expr],
            constants: vec![None],
            returns: vec![returns],
            span,
        })
    }
}
