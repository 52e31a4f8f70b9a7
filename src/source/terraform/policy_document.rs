//! Policy documents of a plan: known, unknown, or known in part.
//!
//! A policy usually waits for one ARN only. When it comes from an `aws_iam_policy_document` that
//! is read during apply, the plan still holds the statements: they are rebuilt, and only what is
//! unknown in them is unknown. So `Principal: *` is seen although the bucket does not exist yet.
//! `jsonencode` over a reference shows nothing of itself and stays unknown as a whole.

use std::cell::Cell;
use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::model::{PolicyDocument, Statement};
use crate::policy;

use super::estate::{Estate, Id, Instance};
use super::format::Block;
use super::reference::{Target, targets};
use super::value::{Expression, Field, Place, Settled};

/// A policy document, and the places in it that are not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PlannedPolicy {
    pub(super) document: PolicyDocument,
    /// Keys and indexes from the document's root, and what the place waits for.
    pub(super) unknown: Vec<(Vec<String>, String)>,
    /// The text, when it was known as text.
    pub(super) text: Option<String>,
}

/// Stands for unknown members of a list while a statement is brought into canonical form. No
/// policy can hold this character.
const UNKNOWN: &str = "\u{0}";

/// How many documents may be merged into each other.
const DEPTH: u32 = 16;

/// How many documents one policy is put together from: each may name several, and all of them the
/// same ones.
const DOCUMENTS: u32 = 256;

/// AWS takes no policy of more than 20,480 characters, and the shortest statement has about 60.
const MOST_STATEMENTS: usize = 500;

/// The policy that an attribute holds; absent when it holds none.
pub(super) fn policy(estate: &Estate<'_>, instance: &Instance<'_>, place: Place<'_>) -> Settled<PlannedPolicy> {
    match place.text() {
        Field::Absent | Field::Default => Ok(None),
        Field::Known(text) => parse(text).and_then(bounded).map(Some),
        Field::Unknown(why) => match document_of(estate, instance, place) {
            Source::One(data) => {
                let rebuilt = rebuild(estate, data, DEPTH, &Cell::new(DOCUMENTS));
                rebuilt.map_or(Err(why), |policy| bounded(policy).map(Some))
            }
            Source::OneOf(count) => Err(not_told(&why, count)),
            Source::Elsewhere => Err(why),
        },
    }
}

/// A policy that AWS may take. What a statement does hangs on all the others, so that of very many
/// nobody could wait for the answer.
fn bounded(policy: PlannedPolicy) -> Result<PlannedPolicy, String> {
    match policy.document.statement.len() {
        count if count > MOST_STATEMENTS => Err(format!("the policy has {count} statements, more than AWS takes")),
        _ => Ok(policy),
    }
}

fn parse(text: String) -> Result<PlannedPolicy, String> {
    match policy::parse(&text) {
        Ok(document) => Ok(PlannedPolicy { document, unknown: Vec::new(), text: Some(text) }),
        Err(error) => Err(error.to_string()),
    }
}

/// Where an unknown policy has its text from.
enum Source {
    /// From this data source.
    One(Id),
    /// From one of so many instances of a data source.
    OneOf(usize),
    /// From something that shows nothing of it.
    Elsewhere,
}

fn document_of(estate: &Estate<'_>, instance: &Instance<'_>, place: Place<'_>) -> Source {
    let Expression::Set(expression) = place.expression else { return Source::Elsewhere };
    let found = targets(estate, instance, expression);
    if let [Target::Instance(id, attribute)] = found.as_slice()
        && is_document(estate, *id, attribute)
    {
        return Source::One(*id);
    }
    // What else is named tells which instance it is, and is not told itself.
    let named: Vec<&Target> = found.iter().filter(|target| matches!(target, Target::Instance(..))).collect();
    let instances = instances_of_blocks(estate, &found);
    match named.first().and_then(|first| one_of(estate, &instances, first)) {
        Some(count) if count == named.len() => Source::OneOf(count),
        _ => Source::Elsewhere,
    }
}

/// Whether a reference is to the text of a document. Terraform names the whole data source where it
/// is one instance of several (`data.x[each.key].json`), and old versions name no attributes at all.
fn is_document(estate: &Estate<'_>, id: Id, attribute: &str) -> bool {
    let instance = estate.instance(id);
    instance.data && instance.kind == "aws_iam_policy_document" && matches!(attribute, "json" | "minified_json" | "")
}

/// How many instances are named of each block of documents that is named as a whole.
fn instances_of_blocks(estate: &Estate<'_>, among: &[Target]) -> HashMap<*const Block, usize> {
    let mut instances = HashMap::new();
    for block in among.iter().filter_map(|target| whole(estate, target)) {
        *instances.entry(block).or_insert(0) += 1;
    }
    instances
}

/// The block of a document that is named as a whole.
fn whole(estate: &Estate<'_>, target: &Target) -> Option<*const Block> {
    let Target::Instance(id, attribute) = target else { return None };
    let is_whole = attribute.is_empty() && is_document(estate, *id, attribute);
    estate.instance(*id).block.filter(|_| is_whole).map(std::ptr::from_ref)
}

/// Of how many instances a target is one, when it is not told which one is meant.
fn one_of(estate: &Estate<'_>, instances: &HashMap<*const Block, usize>, target: &Target) -> Option<usize> {
    instances.get(&whole(estate, target)?).copied().filter(|count| *count > 1)
}

/// Why a document stays unknown that is one of several instances.
fn not_told(why: &str, count: usize) -> String {
    format!("{why}; the plan does not tell which of {count} instances")
}

/// A document as its parts are known; `None` when not even that much can be said.
fn rebuild(estate: &Estate<'_>, id: Id, depth: u32, left: &Cell<u32>) -> Option<PlannedPolicy> {
    left.set(left.get().checked_sub(1)?);
    let instance = estate.instance(id);
    if let Field::Known(text) = instance.get("json").text() {
        return parse(text).ok();
    }
    let place = instance.place();
    let mut parts = Parts::default();
    for attribute in ["source_json", "source_policy_documents"] {
        parts.merge(estate, instance, attribute, depth, left)?;
    }
    let statements = place.written("statement").items();
    for statement in statements.known {
        parts.put(draft(statement)?);
    }
    parts.missing.extend(statements.unknown);
    let further = std::mem::take(&mut parts.missing);
    for attribute in ["override_json", "override_policy_documents"] {
        parts.merge(estate, instance, attribute, depth, left)?;
    }
    if !parts.missing.is_empty() {
        // An override that is not known may replace any statement that has a label.
        return None;
    }
    parts.missing = further;
    let version = place.get("version").text().or(None).ok()?;
    let id = place.get("policy_id").text().or(None).ok()?;
    Some(parts.finish(version.unwrap_or_else(|| "2012-10-17".to_owned()), id))
}

/// Statements on their way into one document.
#[derive(Default)]
struct Parts {
    statements: Vec<Draft>,
    /// Where the statement with a label stands.
    labels: HashMap<String, usize>,
    /// What further statements wait for.
    missing: Vec<String>,
}

/// One statement, with what its unknown places wait for.
#[derive(Clone)]
struct Draft {
    statement: Statement,
    unknown: Vec<(Vec<String>, String)>,
}

impl Parts {
    /// A statement with the label of an earlier one takes its place.
    fn put(&mut self, draft: Draft) {
        let last = self.statements.len();
        let place = match &draft.statement.sid {
            Some(label) => *self.labels.entry(label.clone()).or_insert(last),
            None => last,
        };
        match self.statements.get_mut(place) {
            Some(other) => *other = draft,
            None => self.statements.push(draft),
        }
    }

    fn merge(
        &mut self,
        estate: &Estate<'_>,
        instance: &Instance<'_>,
        attribute: &str,
        depth: u32,
        left: &Cell<u32>,
    ) -> Option<()> {
        let place = instance.place().written(attribute);
        let members = if place.value.is_string() { place_text(place) } else { place.texts() };
        for text in members.known {
            self.put_all(parse(text).ok()?);
        }
        let Some(why) = members.unknown else { return Some(()) };
        let Expression::Set(expression) = place.expression else {
            self.missing.push(why);
            return Some(());
        };
        let sources = Sources::of(estate, instance, expression);
        // The older attributes hold one text, and not a list.
        let is_text = attribute.ends_with("_json");
        if depth == 0 || sources.may_be_a_choice(place.unknown) || is_text && sources.documents.len() > 1 {
            self.missing.push(why);
            return Some(());
        }
        for id in sources.documents {
            match rebuild(estate, id, depth - 1, left) {
                Some(policy) => self.put_all(policy),
                None => self.missing.push(why.clone()),
            }
        }
        self.missing.extend(sources.one_of.map(|count| not_told(&why, count)));
        if sources.others > 0 {
            self.missing.push(why);
        }
        Some(())
    }

    fn put_all(&mut self, policy: PlannedPolicy) {
        let mut unknown: HashMap<usize, Vec<(Vec<String>, String)>> = HashMap::new();
        for (path, why) in policy.unknown {
            if let [_, at, rest @ ..] = path.as_slice()
                && let Ok(at) = at.parse()
            {
                unknown.entry(at).or_default().push((rest.to_vec(), why));
            }
        }
        let further = unknown.remove(&policy.document.statement.len());
        self.missing.extend(further.into_iter().flatten().map(|(_, why)| why));
        for (index, statement) in policy.document.statement.into_iter().enumerate() {
            self.put(Draft { statement, unknown: unknown.remove(&index).unwrap_or_default() });
        }
    }

    fn finish(mut self, version: String, id: Option<String>) -> PlannedPolicy {
        self.statements.sort_by(|a, b| a.statement.cmp(&b.statement));
        let mut unknown = Vec::new();
        let at = |index: usize| vec!["Statement".to_owned(), index.to_string()];
        for (index, draft) in self.statements.iter().enumerate() {
            for (path, why) in &draft.unknown {
                unknown.push(([at(index), path.clone()].concat(), why.clone()));
            }
        }
        if !self.missing.is_empty() {
            // The place after the last statement: there may be more.
            unknown.push((at(self.statements.len()), self.missing.join("; ")));
        }
        let statement = self.statements.into_iter().map(|draft| draft.statement).collect();
        PlannedPolicy { document: PolicyDocument { version, id, statement }, unknown, text: None }
    }
}

/// What a list of documents refers to.
#[derive(Default)]
struct Sources {
    /// Documents that are not known as text.
    documents: Vec<Id>,
    /// How many references have a known value.
    values: usize,
    /// How many lead elsewhere, or nowhere.
    others: usize,
    /// Of how many instances one is meant, and it is not told which.
    one_of: Option<usize>,
}

impl Sources {
    fn of(estate: &Estate<'_>, instance: &Instance<'_>, expression: &super::json::Value) -> Self {
        let mut sources = Self::default();
        let found = targets(estate, instance, expression);
        let instances = instances_of_blocks(estate, &found);
        for target in found {
            if let Some(count) = one_of(estate, &instances, &target) {
                sources.one_of = Some(count);
                continue;
            }
            let is_known =
                |id: Id, attribute: &str| matches!(estate.instance(id).get(attribute).text(), Field::Known(_));
            match target {
                Target::Value(_) => sources.values += 1,
                Target::Instance(id, attribute) if is_known(id, &attribute) => sources.values += 1,
                Target::Instance(id, attribute) if is_document(estate, id, &attribute) => sources.documents.push(id),
                Target::Instance(..) | Target::Stopped(_) => sources.others += 1,
            }
        }
        sources
    }

    /// Whether a condition may choose among the documents: there are more than unknown members of the
    /// list, or more references than members. Where not even their number is known, a further reference
    /// is enough.
    fn may_be_a_choice(&self, unknown: &super::json::Value) -> bool {
        let (documents, all) = (self.documents.len(), self.documents.len() + self.others);
        match unknown.as_array() {
            Some(marks) => {
                let count = marks.iter().filter(|mark| **mark == super::json::Value::Bool(true)).count();
                documents > count || all > marks.len()
            }
            None => all > 1 && (self.others > 0 || self.values > 0),
        }
    }
}

fn place_text(place: Place<'_>) -> super::value::Members<String> {
    match place.text() {
        Field::Known(text) => super::value::Members { known: vec![text], unknown: None },
        Field::Unknown(why) => super::value::Members { known: Vec::new(), unknown: Some(why) },
        Field::Absent | Field::Default => super::value::Members { known: Vec::new(), unknown: None },
    }
}

/// One `statement` block in canonical form. Unknown members travel through it as a placeholder.
fn draft(place: Place<'_>) -> Option<Draft> {
    let mut written = Map::new();
    let mut whys = Vec::new();
    let effect = place.written("effect").text().or(Some("Allow".to_owned())).ok()??;
    written.insert("Effect".to_owned(), json!(effect));
    // An override takes the place of the statement that has its label.
    if let Some(sid) = place.written("sid").text().or(None).ok()? {
        written.insert("Sid".to_owned(), json!(sid));
    }
    for (attribute, element) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        put_list(&mut written, element, place.written(attribute), &mut whys);
    }
    for (attribute, element) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        put_principals(&mut written, element, place.written(attribute), &mut whys);
    }
    put_conditions(&mut written, place.written("condition"), &mut whys);
    let policy = policy::from_value(&json!({ "Statement": [written] })).ok()?;
    Some(take_out_placeholders(policy.statement.into_iter().next()?, &whys.join("; ")))
}

/// The members of a list, and a placeholder when some are unknown. `&{x}` is how a document says
/// `${x}` without Terraform reading it.
fn members(place: Place<'_>, whys: &mut Vec<String>) -> Vec<String> {
    let texts = place.texts();
    let mut members: Vec<String> = texts.known.iter().map(|text| text.replace("&{", "${")).collect();
    if let Some(why) = texts.unknown {
        members.push(UNKNOWN.to_owned());
        whys.push(why);
    }
    members
}

fn put_list(written: &mut Map<String, Value>, element: &str, place: Place<'_>, whys: &mut Vec<String>) {
    let members = members(place, whys);
    if !members.is_empty() {
        written.insert(element.to_owned(), json!(members));
    }
}

fn put_principals(written: &mut Map<String, Value>, element: &str, place: Place<'_>, whys: &mut Vec<String>) {
    let mut by_kind: Map<String, Value> = Map::new();
    let blocks = place.items();
    for block in blocks.known {
        let mut names = members(block.written("identifiers"), whys);
        let kind = match block.written("type").text() {
            Field::Known(kind) if kind == "*" => "AWS".to_owned(),
            Field::Known(kind) => kind,
            Field::Unknown(why) => {
                whys.push(why);
                names = vec![UNKNOWN.to_owned()];
                "AWS".to_owned()
            }
            Field::Absent | Field::Default => continue,
        };
        if let Value::Array(all) = by_kind.entry(kind).or_insert_with(|| json!([])) {
            all.extend(names.into_iter().map(Value::String));
        }
    }
    if let Some(why) = blocks.unknown {
        whys.push(why);
        if let Value::Array(all) = by_kind.entry("AWS").or_insert_with(|| json!([])) {
            all.push(json!(UNKNOWN));
        }
    }
    if !by_kind.is_empty() {
        written.insert(element.to_owned(), Value::Object(by_kind));
    }
}

fn put_conditions(written: &mut Map<String, Value>, place: Place<'_>, whys: &mut Vec<String>) {
    let blocks = place.items();
    let mut conditions: Map<String, Value> = Map::new();
    for block in blocks.known {
        let (Field::Known(test), Field::Known(variable)) =
            (block.written("test").text(), block.written("variable").text())
        else {
            whys.push(block.written("variable").waits_for());
            conditions.insert(UNKNOWN.to_owned(), json!({ UNKNOWN: UNKNOWN }));
            continue;
        };
        let values = members(block.written("values"), whys);
        let keys = conditions.entry(test).or_insert_with(|| json!({}));
        if let Value::Object(keys) = keys
            && let Value::Array(all) = keys.entry(variable).or_insert_with(|| json!([]))
        {
            all.extend(values.into_iter().map(Value::String));
        }
    }
    if let Some(why) = blocks.unknown {
        whys.push(why);
        conditions.insert(UNKNOWN.to_owned(), json!({ UNKNOWN: UNKNOWN }));
    }
    if !conditions.is_empty() {
        written.insert("Condition".to_owned(), Value::Object(conditions));
    }
}

/// Removes the placeholders of a canonical statement and notes where they stood.
fn take_out_placeholders(mut statement: Statement, why: &str) -> Draft {
    let mut places: Vec<Vec<String>> = Vec::new();
    let at = |path: &[&str]| path.iter().map(|&step| step.to_owned()).collect::<Vec<_>>();
    for (element, list) in [
        ("Action", &mut statement.action),
        ("NotAction", &mut statement.not_action),
        ("Resource", &mut statement.resource),
        ("NotResource", &mut statement.not_resource),
    ] {
        let Some(members) = list else { continue };
        if take_out(members) {
            places.push(if members.is_empty() { at(&[element]) } else { at(&[element, &members.len().to_string()]) });
            if members.is_empty() {
                *list = None;
            }
        }
    }
    for (element, principals) in
        [("Principal", &mut statement.principal), ("NotPrincipal", &mut statement.not_principal)]
    {
        let Some(kinds) = principals else { continue };
        for (kind, names) in kinds.iter_mut() {
            if take_out(names) {
                places.push(if names.is_empty() {
                    at(&[element, kind])
                } else {
                    at(&[element, kind, &names.len().to_string()])
                });
            }
        }
        kinds.retain(|_, names| !names.is_empty());
        if kinds.is_empty() {
            *principals = None;
        }
    }
    if statement.condition.remove(UNKNOWN).is_some() {
        places.push(at(&["Condition"]));
    }
    for (operator, keys) in &mut statement.condition {
        for (key, values) in keys {
            if take_out(values) {
                places.push(at(&["Condition", operator, key]));
            }
        }
    }
    Draft { statement, unknown: places.into_iter().map(|place| (place, why.to_owned())).collect() }
}

fn take_out(members: &mut Vec<String>) -> bool {
    let count = members.len();
    members.retain(|member| member != UNKNOWN);
    members.len() != count
}
