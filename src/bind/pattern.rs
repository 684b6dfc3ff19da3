//! Binds `declare pattern`: tables by texts. It must not know other statements.

use super::binder::Binder;
use super::references::ReferenceKind;
use super::scalar::Scalar;
use super::scope::{Any, Env, ExprScope, Local, TablePattern, UserFunction};
use std::rc::Rc;

use hashbrown::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::reference::{EntryKind, LanguageEntry, ParameterInfo, TableExample};
use crate::syntax::ast::{self, LiteralKind};

pub(super) const ENTRY: LanguageEntry = LanguageEntry {
    name: "declare pattern",
    aliases: &["pattern"],
    kind: EntryKind::Statement,
    summary: "Says which table each of some texts stands for, for the rest of the query.",
    syntax: &[
        "declare pattern Name = (Argument: string [, …]) [[Path: string]] { ('value' [, …])[.['path']] = { Query }; … };",
        "declare pattern Name;",
    ],
    parameters: &[
        ParameterInfo::required("Name", "The name of the pattern."),
        ParameterInfo::required("Argument", "An argument; the queries may use its text."),
        ParameterInfo::optional("Path", "One more argument, which is written behind a dot."),
        ParameterInfo::required("Query", "What the pattern stands for, if it is called with these texts."),
    ],
    remarks: &[
        "It is called with literals: Name('value').path, or Name('value').['path'].",
        "Texts are compared as they are, with their case; a '*' is one like any other character.",
        "A call that no line fits is an error, and so is each call of a pattern that is declared without lines.",
    ],
    examples: &[
        TableExample {
            query: r#"declare pattern country = (name: string)[state: string]
{
    ("USA").["New York"] = { print Capital = "Albany" };
    ("Canada").["Alberta"] = { print Capital = "Edmonton" };
};
country("Canada").Alberta"#,
            result: "Capital:string\n[\"Edmonton\"]",
        },
        TableExample {
            query: r"declare pattern location = (ip: string)
{
    ('10.0.0.1') = { print Ip = ip, Place = 'office' };
};
location('10.0.0.1')",
            result: "Ip:string, Place:string\n[\"10.0.0.1\",\"office\"]",
        },
    ],
};

impl Binder<'_> {
    pub(super) fn declare_pattern(&mut self, it: &ast::PatternStatement, env: Env) -> Env {
        let name = it.name.text.as_str();
        let mut pattern = TablePattern { has_path: false, cases: HashMap::new() };
        if let Some(definition) = &it.definition {
            pattern.has_path = definition.path.is_some();
            self.pattern_cases(definition, &env, &mut pattern);
        }
        if env.find(name).is_some() {
            let message = format!("the name '{name}' is already declared");
            self.error(Code::DuplicateName, it.name.at.0, message);
            return env;
        }
        env.declare(name, Local::Pattern(Rc::new(pattern)))
    }

    fn pattern_cases(&mut self, definition: &ast::PatternDefinition, env: &Env, pattern: &mut TablePattern) {
        let declared: Vec<&ast::NameAndType> = definition.parameters.iter().chain(&definition.path).collect();
        for parameter in &declared {
            if parameter.data_type.text != "string" {
                let message = "the arguments of a pattern are of type string";
                self.error(Code::ExpectedType, parameter.data_type.at.0, message);
            }
        }
        let parameters: Vec<ast::FunctionParameter> = declared
            .iter()
            .map(|it| ast::FunctionParameter {
                name: it.name.clone(),
                data_type: ast::ParameterType::Scalar(it.data_type.clone()),
                default: None,
            })
            .collect();
        for case in &definition.matches {
            let given = case.values.iter().chain(&case.path);
            let values: Vec<String> = given.filter_map(|it| self.pattern_text(it)).collect();
            let span = case.values.first().map(ast::Expression::span).unwrap_or_default();
            if values.len() != parameters.len() && !case.values.is_empty() {
                let message = format!("the pattern takes {} texts, {} given", parameters.len(), values.len());
                self.error(Code::ArgumentCount, span, message);
                continue;
            }
            if pattern.cases.contains_key(&values) {
                self.unsupported(span, "form of a pattern", "two lines for the same texts");
            }
            let at = case.body.as_ref().map_or(span, |body| body.span());
            let declaration = ast::FunctionDeclaration {
                view: false,
                parameters: parameters.clone(),
                statements: case.statements.clone(),
                body: case.body.clone(),
                at: at.into(),
            };
            self.declare_function(&declaration, env);
            pattern.cases.insert(values, UserFunction::declared(declaration, env));
        }
    }

    /// A text of a pattern, which must be a literal.
    fn pattern_text(&mut self, ast: &ast::Expression) -> Option<String> {
        match ast {
            ast::Expression::Literal(literal) if literal.kind == LiteralKind::String => {
                Some(literal.value.clone())
            }
            ast::Expression::Missing(_) => None,
            _ => {
                self.error(Code::ExpectedLiteral, ast.span(), "a pattern takes string literals");
                None
            }
        }
    }

    /// `pattern('value').path`: what it stands for.
    pub(super) fn bind_pattern(
        &mut self,
        pattern: &TablePattern,
        call: &ast::FunctionCall,
        path: Option<&ast::Expression>,
        context: ExprScope<'_>,
    ) -> Any {
        let (name, span) = (call.name.text.as_str(), call.name.at.0);
        self.refers(ReferenceKind::Function, name, span);
        let mut arguments = call.arguments.clone();
        match (path, pattern.has_path) {
            (Some(ast::Expression::Name(path)), true) => {
                let (text, at) = (path.text.clone(), path.at);
                let literal = ast::Literal { kind: LiteralKind::String, value: text.clone(), text, at };
                arguments.push(ast::Expression::Literal(literal));
            }
            (Some(path), _) => {
                self.error(Code::NotAllowedHere, path.span(), format!("'{name}' has no such path"));
                return Any::Scalar(Scalar::unknown());
            }
            (None, true) => {
                let message = format!("a path must follow '{name}(…)'");
                self.error(Code::ArgumentCount, span, message);
                return Any::Scalar(Scalar::unknown());
            }
            (None, false) => {}
        }
        let values: Option<Vec<String>> = arguments.iter().map(|it| self.pattern_text(it)).collect();
        let Some(values) = values else { return Any::Scalar(Scalar::unknown()) };
        let Some(function) = pattern.cases.get(&values) else {
            let texts: Vec<String> = values.iter().map(|it| format!("'{it}'")).collect();
            let message = format!("the pattern '{name}' has no line for {}", texts.join(", "));
            let mut diagnostic = Diagnostic::error(Code::UnknownFunction, span, message);
            if pattern.cases.is_empty() {
                diagnostic = diagnostic.help(format!("declare pattern {name} = (…) {{ … }};"));
            }
            self.report(diagnostic);
            return Any::Scalar(Scalar::unknown());
        };
        match self.call_user_function(name, function, &arguments, span, ExprScope::new(context.env)) {
            Any::Table(mut rows) => {
                rows.source = None;
                Any::Table(rows)
            }
            scalar @ Any::Scalar(_) => scalar,
        }
    }

    /// Reports a name that stands for something that is neither a value nor a table.
    pub(super) fn no_value(&mut self, name: &ast::Name, local: &Local) {
        let message = match local {
            Local::Pattern(_) => format!("'{0}' is a pattern: write {0}('…')", name.text),
            Local::EntityGroup(_) => format!("'{}' is an entity group, which macro-expand takes", name.text),
            _ => format!("'{0}' is a database: write {0}.Table", name.text),
        };
        self.error(Code::NotAllowedHere, name.at.0, message);
    }
}
