//! The outline of a Rego file: its package, its rules, and what each of them refers to.
//!
//! Read from the syntax tree, so that it also holds for rules that never run. References through
//! imports are written out in full; a reference ends where its path is computed.

use std::collections::{BTreeMap, BTreeSet};

use super::growth::{self, Growth};
use super::rego::ast::{Expr, Literal, Module, Query, Ref, Rule, RuleAssign, RuleHead};
use super::rego::{self, Source};

/// The outline of one file.
#[derive(Debug)]
pub(super) struct Outline {
    /// `["aws", "s3", "tls_only"]`.
    pub(super) package: Vec<String>,
    /// Line of the package.
    pub(super) line: u32,
    /// Definitions in the order of the file; a name with several bodies comes several times.
    pub(super) rules: Vec<Definition>,
}

/// One definition of a rule or function.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) form: Form,
    /// What it refers to under `input` and `data`.
    pub(super) references: Vec<Reference>,
    /// Builtin functions it calls.
    pub(super) calls: Vec<Call>,
    /// The factors of its operators, multiplied.
    pub(super) growth: u64,
    /// Lines that use `with`.
    pub(super) withs: Vec<u32>,
    /// Lines that negate an expression over something that may be undefined. Engines differ on
    /// whether that is true.
    pub(super) negations: Vec<u32>,
}

/// The form of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `x := …`
    Complete,
    /// `x contains …`
    Set,
    /// `x[k] contains …`, whose key the machine would drop.
    KeyedSet,
    /// `f(a) := …`
    Function,
    /// `default x := …`
    Default,
    /// `default f(_) := …`, which the machine does not have.
    DefaultFunction,
}

/// A path under `input` or `data`, as far as it is written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// `["input", "resource", "configuration", "policy"]`.
    pub(super) path: Vec<String>,
    /// Whether a computed part follows.
    pub(super) computed: bool,
    pub(super) line: u32,
}

/// A call of a builtin function.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) name: String,
    /// The first argument, when it is a string.
    pub(super) text: Option<String>,
    pub(super) line: u32,
    pub(super) growth: Growth,
}

/// Reads the outline of a file.
///
/// # Errors
/// The parser's message when the text is not Rego.
pub(super) fn outline(source: &Source) -> Result<Outline, String> {
    let module = rego::parse(source)?;
    let package = static_path(&module.package.refr);
    let names: BTreeSet<String> = module.policy.iter().filter_map(|rule| head_name(rule)).collect();
    let imports = imports(&module);
    let rules = module
        .policy
        .iter()
        .filter_map(|rule| {
            let mut reader = Reader { package: &package, names: &names, imports: &imports, found: Found::default() };
            reader.rule(rule);
            Some(Definition {
                name: head_name(rule)?,
                line: rule.span().line,
                form: form(rule),
                references: reader.found.references,
                calls: reader.found.calls,
                growth: reader.found.growth.max(1),
                withs: reader.found.withs,
                negations: reader.found.negations,
            })
        })
        .collect();
    Ok(Outline { package, line: module.package.span.line, rules })
}

fn imports(module: &Module) -> BTreeMap<String, Vec<String>> {
    let mut imports = BTreeMap::new();
    for import in &module.imports {
        let path = static_path(&import.refr);
        let name = import.r#as.as_ref().map(|span| span.text().to_owned()).or_else(|| path.last().cloned());
        if let (Some(root), Some(name)) = (path.first(), name)
            && (root == "data" || root == "input")
        {
            imports.insert(name, path);
        }
    }
    imports
}

fn form(rule: &Rule) -> Form {
    match rule {
        Rule::Default { args, .. } => {
            if args.is_empty() {
                Form::Default
            } else {
                Form::DefaultFunction
            }
        }
        Rule::Spec { head: RuleHead::Func { .. }, .. } => Form::Function,
        Rule::Spec { head: RuleHead::Set { refr, .. }, .. } => match refr.as_ref() {
            Expr::RefBrack { .. } => Form::KeyedSet,
            _ => Form::Set,
        },
        Rule::Spec { head: RuleHead::Compr { .. }, .. } => Form::Complete,
    }
}

fn head_name(rule: &Rule) -> Option<String> {
    let head = match rule {
        Rule::Default { refr, .. }
        | Rule::Spec {
            head: RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. },
            ..
        } => refr,
    };
    static_path(head).into_iter().next()
}

fn static_path(expr: &Expr) -> Vec<String> {
    flatten(expr).map(|flat| flat.path).unwrap_or_default()
}

struct Flat<'a> {
    path: Vec<String>,
    computed: bool,
    indices: Vec<&'a Expr>,
}

/// A chain of dots and brackets over a variable: the path up to the first computed part, and all
/// computed parts.
fn flatten(expr: &Expr) -> Option<Flat<'_>> {
    match expr {
        Expr::Var { span, .. } => {
            Some(Flat { path: vec![span.text().to_owned()], computed: false, indices: Vec::new() })
        }
        Expr::RefDot { refr, field, .. } => {
            let mut flat = flatten(refr)?;
            if !flat.computed {
                flat.path.push(field.0.text().to_owned());
            }
            Some(flat)
        }
        Expr::RefBrack { refr, index, .. } => {
            let mut flat = flatten(refr)?;
            match index.as_ref() {
                Expr::String { span, .. } | Expr::RawString { span, .. } if !flat.computed => {
                    flat.path.push(span.text().to_owned());
                }
                computed => {
                    flat.computed = true;
                    flat.indices.push(computed);
                }
            }
            Some(flat)
        }
        _ => None,
    }
}

#[derive(Default)]
struct Found {
    references: Vec<Reference>,
    calls: Vec<Call>,
    growth: u64,
    withs: Vec<u32>,
    negations: Vec<u32>,
}

struct Reader<'a> {
    package: &'a [String],
    names: &'a BTreeSet<String>,
    imports: &'a BTreeMap<String, Vec<String>>,
    found: Found,
}

impl Reader<'_> {
    fn rule(&mut self, rule: &Rule) {
        match rule {
            Rule::Default { value, .. } => self.expr(value),
            Rule::Spec { head, bodies, .. } => {
                match head {
                    RuleHead::Compr { refr, assign, .. } => {
                        self.head(refr);
                        self.assign(assign.as_ref());
                    }
                    RuleHead::Set { refr, key, .. } => {
                        self.head(refr);
                        if let Some(key) = key {
                            self.expr(key);
                        }
                    }
                    RuleHead::Func { assign, .. } => self.assign(assign.as_ref()),
                }
                for body in bodies {
                    self.assign(body.assign.as_ref());
                    self.query(&body.query);
                }
            }
        }
    }

    /// The keys of a head are expressions, its name is not.
    fn head(&mut self, refr: &Expr) {
        if let Some(flat) = flatten(refr) {
            for index in flat.indices {
                self.expr(index);
            }
        }
    }

    fn assign(&mut self, assign: Option<&RuleAssign>) {
        if let Some(assign) = assign {
            self.expr(&assign.value);
        }
    }

    fn query(&mut self, query: &Query) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn { key, value, collection, .. } => {
                    if let Some(key) = key {
                        self.expr(key);
                    }
                    self.expr(value);
                    self.expr(collection);
                }
                Literal::Expr { expr, .. } => self.expr(expr),
                Literal::NotExpr { expr, span } => {
                    if flatten(expr).is_none() && !operands(expr).iter().all(|operand| self.is_defined(operand)) {
                        self.found.negations.push(span.line);
                    }
                    self.expr(expr);
                }
                Literal::Every { domain, query, .. } => {
                    self.expr(domain);
                    self.query(query);
                }
            }
            for with in &statement.with_mods {
                self.found.withs.push(with.span.line);
                self.expr(&with.r#as);
            }
        }
    }

    fn exprs(&mut self, exprs: &[Ref<Expr>]) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => self.reference(expr),
            Expr::Array { items, .. } | Expr::Set { items, .. } => self.exprs(items),
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.expr(key);
                    self.expr(value);
                }
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expr(term);
                self.query(query);
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.expr(key);
                self.expr(value);
                self.query(query);
            }
            Expr::Call { fcn, params, .. } => {
                self.call(fcn, params);
                self.exprs(params);
            }
            Expr::UnaryExpr { expr, .. } => self.expr(expr),
            Expr::ArithExpr { op, lhs, rhs, .. } => {
                self.found.growth = self.found.growth.max(1).saturating_mul(growth::of_operator(op, lhs, rhs));
                self.expr(lhs);
                self.expr(rhs);
            }
            Expr::BinExpr { lhs, rhs, .. } | Expr::BoolExpr { lhs, rhs, .. } | Expr::AssignExpr { lhs, rhs, .. } => {
                self.expr(lhs);
                self.expr(rhs);
            }
            Expr::Membership { key, value, collection, .. } => {
                if let Some(key) = key {
                    self.expr(key);
                }
                self.expr(value);
                self.expr(collection);
            }
        }
    }

    /// Whether an operand always has a value: a bound variable, a parameter, or a literal of such.
    fn is_defined(&self, expr: &Expr) -> bool {
        match expr {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => true,
            Expr::Var { .. } | Expr::RefDot { .. } => {
                flatten(expr).is_some_and(|flat| match self.resolve(&flat.path) {
                    None => flat.path.len() == 1,
                    Some(path) => path.len() == 3 && path.starts_with(&["data".to_owned(), "params".to_owned()]),
                })
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().all(|item| self.is_defined(item)),
            _ => false,
        }
    }

    fn reference(&mut self, expr: &Expr) {
        let Some(flat) = flatten(expr) else {
            self.chain(expr);
            return;
        };
        for index in &flat.indices {
            self.expr(index);
        }
        if let Some(path) = self.resolve(&flat.path) {
            self.found.references.push(Reference { path, computed: flat.computed, line: expr.span().line });
        }
    }

    /// A chain over something that is not a variable, `f(x).y[z]`.
    fn chain(&mut self, expr: &Expr) {
        match expr {
            Expr::RefDot { refr, .. } => self.expr(refr),
            Expr::RefBrack { refr, index, .. } => {
                self.expr(refr);
                self.expr(index);
            }
            _ => {}
        }
    }

    fn call(&mut self, function: &Expr, arguments: &[Ref<Expr>]) {
        let path = static_path(function);
        let line = function.span().line;
        if let Some(path) = self.resolve(&path) {
            self.found.references.push(Reference { path, computed: false, line });
            return;
        }
        let text = arguments.first().and_then(|argument| match argument.as_ref() {
            Expr::String { span, .. } | Expr::RawString { span, .. } => Some(span.text().to_owned()),
            _ => None,
        });
        let name = path.join(".");
        let growth = growth::of_call(&name, arguments);
        self.found.calls.push(Call { name, text, line, growth });
    }

    /// The full path under `input` or `data`; `None` for local variables and builtin functions.
    fn resolve(&self, path: &[String]) -> Option<Vec<String>> {
        let (root, rest) = path.split_first()?;
        if root == "input" || root == "data" {
            return Some(path.to_vec());
        }
        if let Some(import) = self.imports.get(root) {
            return Some(import.iter().chain(rest).cloned().collect());
        }
        if self.names.contains(root) {
            let data = std::iter::once("data".to_owned());
            return Some(data.chain(self.package.iter().cloned()).chain(path.iter().cloned()).collect());
        }
        None
    }
}

/// What a call or an operator is applied to; anything else is its own operand.
fn operands(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Call { params, .. } => params.iter().map(AsRef::as_ref).collect(),
        Expr::BoolExpr { lhs, rhs, .. } | Expr::ArithExpr { lhs, rhs, .. } | Expr::BinExpr { lhs, rhs, .. } => {
            vec![lhs.as_ref(), rhs.as_ref()]
        }
        Expr::Membership { key, value, collection, .. } => {
            key.iter().chain([value, collection]).map(AsRef::as_ref).collect()
        }
        other => vec![other],
    }
}
