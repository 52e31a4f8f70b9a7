//! The actions, resource types and condition keys that AWS documents, as data in the binary.
//!
//! It serves for readable lists (`s3:Get*` is these 63 actions), for lints and for the type of
//! condition keys. It ages: an action that is not here may exist, so nothing may be concluded from
//! its absence but a lint. `ci/catalog.py` writes `catalog.txt` and explains its format; it is read
//! at the first use and then shared. What comes from it borrows from the binary.

use std::sync::LazyLock;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::read(include_str!("catalog.txt")));

/// The catalogue; read at the first call, which takes some milliseconds.
#[must_use]
pub fn catalog() -> &'static Catalog {
    &CATALOG
}

/// All services with their actions, resource types and condition keys.
#[derive(Debug)]
pub struct Catalog {
    version: &'static str,
    date: &'static str,
    /// By prefix.
    services: Vec<Service>,
    /// By service, then by name in lower case.
    actions: Vec<Action>,
    groups: Vec<Group>,
    /// Names in lower case, sorted.
    keys: Vec<(String, KeyType)>,
    /// Keys with a part that varies, in lower case: `aws:resourcetag/*`.
    key_patterns: Vec<(String, KeyType)>,
}

/// A service: what stands before the colon of its actions.
#[derive(Debug)]
pub struct Service {
    prefix: &'static str,
    resource_control: bool,
    first: usize,
    end: usize,
    types: Vec<ResourceType>,
    key_sets: Vec<&'static str>,
}

/// One action.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    name: &'static str,
    service: u16,
    group: u16,
}

/// What actions of a service have in common.
#[derive(Debug)]
struct Group {
    access_level: AccessLevel,
    /// `bucket,object!`.
    types: &'static str,
    keys: &'static str,
}

/// A resource type that actions of a service act on.
#[derive(Debug)]
pub struct ResourceType {
    name: &'static str,
    service: &'static str,
    arns: &'static str,
    keys: &'static str,
}

/// AWS's classes of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Tells which resources there are.
    List,
    /// Reads content or settings.
    Read,
    /// Creates, changes or deletes.
    Write,
    /// Changes tags only.
    Tagging,
    /// Grants or changes permissions.
    PermissionsManagement,
}

/// What the values of a condition key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyType {
    /// The type of one value.
    pub value: ValueType,
    /// Whether a request can have several values, AWS's `ArrayOf…`: set operators are for these.
    pub multivalued: bool,
}

/// The type of one value of a condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// Text.
    String,
    /// An ARN.
    Arn,
    /// `true` or `false`.
    Bool,
    /// A number.
    Numeric,
    /// A time, ISO 8601 or seconds since 1970.
    Date,
    /// An address.
    IpAddress,
}

impl Catalog {
    /// The day AWS's reference was read, `2026-10-27`.
    #[must_use]
    pub const fn date(&self) -> &'static str {
        self.date
    }

    /// The version of the data, as its source counts.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// All services, by prefix.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// All actions, by service and name in lower case. The place of an action in this list is its
    /// number for bit sets; it holds for one version of the data.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// A service by its prefix, in any case.
    #[must_use]
    pub fn service(&self, prefix: &str) -> Option<&Service> {
        let at = self.services.binary_search_by(|service| order(service.prefix, prefix)).ok()?;
        self.services.get(at)
    }

    /// An action by its name, `s3:getobject`, in any case.
    #[must_use]
    pub fn action(&self, action: &str) -> Option<&Action> {
        self.actions.get(self.position(action)?)
    }

    /// The place of an action in [`Self::actions`].
    #[must_use]
    pub fn position(&self, action: &str) -> Option<usize> {
        let (prefix, name) = action.split_once(':')?;
        let service = self.service(prefix)?;
        let at = self.actions[service.first..service.end].binary_search_by(|action| order(action.name, name)).ok()?;
        Some(service.first + at)
    }

    /// The actions that have the form of the pattern, `s3:get*` or `*`, in any case.
    #[must_use]
    pub fn expand(&self, pattern: &str) -> Vec<&Action> {
        self.positions(pattern).into_iter().filter_map(|at| self.actions.get(at)).collect()
    }

    /// The places in [`Self::actions`] of those that have the form of the pattern, ascending.
    #[must_use]
    pub fn positions(&self, pattern: &str) -> Vec<usize> {
        if matches!(pattern, "*" | "*:*") {
            return (0..self.actions.len()).collect();
        }
        let Some((prefix, name)) = pattern.split_once(':') else {
            let whole = |at: &usize| has_form(pattern, &self.actions[*at].full_name(self));
            return (0..self.actions.len()).filter(whole).collect();
        };
        if !is_pattern(pattern) {
            return self.position(pattern).into_iter().collect();
        }
        let services = self.services.iter().filter(|service| has_form(prefix, service.prefix));
        services
            .flat_map(|service| service.first..service.end)
            .filter(|at| has_form(name, self.actions[*at].name))
            .collect()
    }

    /// Whether resource control policies apply to the resources of a service.
    #[must_use]
    pub fn supports_rcp(&self, prefix: &str) -> bool {
        self.service(prefix).is_some_and(|service| service.resource_control)
    }

    /// The type of a condition key, in any case; `None` for a key that is not known.
    #[must_use]
    pub fn key_type(&self, key: &str) -> Option<KeyType> {
        if let Ok(at) = self.keys.binary_search_by(|(name, _)| order(name, key)) {
            return self.keys.get(at).map(|(_, kind)| *kind);
        }
        self.key_patterns.iter().find(|(pattern, _)| has_form(pattern, key)).map(|(_, kind)| *kind)
    }

    /// Whether a request can have several values of a condition key; `None` for a key that is not
    /// known.
    #[must_use]
    pub fn is_multivalued(&self, key: &str) -> Option<bool> {
        self.key_type(key).map(|kind| kind.multivalued)
    }
}

impl Service {
    /// What stands before the colon, `s3`.
    #[must_use]
    pub const fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// Its actions, by name in lower case.
    #[must_use]
    pub fn actions(&self) -> &'static [Action] {
        &catalog().actions[self.first..self.end]
    }

    /// Its resource types.
    #[must_use]
    pub fn resource_types(&self) -> &[ResourceType] {
        &self.types
    }
}

impl Action {
    /// The name without the service, as AWS spells it: `GetObject`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The service.
    #[must_use]
    pub fn service(&self) -> &'static Service {
        &catalog().services[usize::from(self.service)]
    }

    /// AWS's class of the action.
    #[must_use]
    pub fn access_level(&self) -> AccessLevel {
        self.group().access_level
    }

    /// The resource types it acts on; none when its resource can only be `*`.
    #[must_use]
    pub fn resource_types(&self) -> Vec<&'static ResourceType> {
        let types = &self.service().types;
        let names = self.group().types.split(',').map(|name| name.trim_end_matches('!'));
        names.filter_map(|name| types.iter().find(|kind| kind.name == name)).collect()
    }

    /// The resource types without which it cannot be.
    #[must_use]
    pub fn required_types(&self) -> Vec<&'static str> {
        self.group().types.split(',').filter_map(|name| name.strip_suffix('!')).collect()
    }

    /// Patterns of the ARNs it acts on, `arn:*:s3:::*/*`; none when its resource can only be `*`.
    #[must_use]
    pub fn resources(&self) -> Vec<String> {
        self.resource_types().into_iter().flat_map(ResourceType::arns).collect()
    }

    /// Whether it can be limited to resources.
    #[must_use]
    pub fn takes_resources(&self) -> bool {
        !self.group().types.is_empty()
    }

    /// Whether AWS documents a condition key, in any case, for the action or for what it acts on.
    /// Keys of all services (`aws:…`) are not looked up: yes.
    #[must_use]
    pub fn takes_key(&self, key: &str) -> bool {
        let Some((prefix, _)) = key.split_once(':') else { return false };
        let service = self.service().prefix;
        prefix.eq_ignore_ascii_case("aws")
            || names_key(self.group().keys, service, key)
            || self.resource_types().into_iter().any(|kind| names_key(kind.keys, service, key))
    }

    /// The same number for actions of one access level that act on the same types and have the same
    /// condition keys.
    #[must_use]
    pub(super) const fn shape(&self) -> u16 {
        self.group
    }

    fn full_name(self, catalog: &Catalog) -> String {
        format!("{}:{}", catalog.services[usize::from(self.service)].prefix, self.name)
    }

    fn group(&self) -> &'static Group {
        &catalog().groups[usize::from(self.group)]
    }
}

/// The whole name as AWS spells it: `s3:GetObject`.
impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.full_name(catalog()))
    }
}

impl ResourceType {
    /// AWS's name, `bucket`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Patterns of its ARNs, `arn:*:s3:::*`; almost always one.
    #[must_use]
    pub fn arns(&self) -> Vec<String> {
        let whole = |arn: &str| {
            if arn.starts_with("arn:") { arn.to_owned() } else { format!("arn:*:{}:{arn}", self.service) }
        };
        self.arns.split(' ').map(whole).collect()
    }
}

fn names_key(names: &str, service: &str, key: &str) -> bool {
    names.split(' ').filter(|name| !name.is_empty()).any(|name| match name.strip_prefix(':') {
        Some(own) => key.split_at_checked(service.len()).is_some_and(|(prefix, rest)| {
            prefix.eq_ignore_ascii_case(service) && has_form(own, rest.trim_start_matches(':'))
        }),
        None => has_form(name, key),
    })
}

impl Catalog {
    /// Reads the format of `ci/catalog.py`. Unknown records are left out, so that the text cannot
    /// fail; the tests hold what must be in it.
    fn read(text: &'static str) -> Self {
        let mut catalog = Self {
            version: "",
            date: "",
            services: Vec::with_capacity(500),
            actions: Vec::with_capacity(24_000),
            groups: Vec::with_capacity(10_000),
            keys: Vec::with_capacity(3_000),
            key_patterns: Vec::new(),
        };
        for line in text.lines() {
            let mut fields = line.split('|');
            let mut next = || fields.next().unwrap_or_default();
            match (next(), next()) {
                ("version", version) => catalog.version = version,
                ("date", date) => catalog.date = date,
                ("service", prefix) => catalog.start_service(prefix, next() == "rcp"),
                ("global", kind) => catalog.add_keys("aws", kind, next()),
                ("key", kind) => {
                    let service = catalog.services.last().map_or("", |service| service.prefix);
                    catalog.add_keys(service, kind, next());
                }
                ("type", name) => catalog.add_type(name, next(), next()),
                ("keys", _) => catalog.add_key_set(next()),
                ("action", level) => catalog.add_actions(level, next(), next(), next()),
                _ => {}
            }
        }
        catalog.finish_service();
        catalog.keys.sort_by(|left, right| left.0.cmp(&right.0));
        catalog
    }

    fn start_service(&mut self, prefix: &'static str, resource_control: bool) {
        self.finish_service();
        let first = self.actions.len();
        let (types, key_sets) = (Vec::new(), Vec::new());
        self.services.push(Service { prefix, resource_control, first, end: first, types, key_sets });
    }

    fn finish_service(&mut self) {
        if let Some(service) = self.services.last_mut() {
            service.end = self.actions.len();
            self.actions[service.first..].sort_by(|left, right| order(left.name, right.name));
        }
    }

    fn add_keys(&mut self, service: &str, kind: &str, keys: &str) {
        let Some(kind) = KeyType::read(kind) else { return };
        for key in keys.split(' ') {
            let name = if key.starts_with(':') { format!("{service}{key}") } else { key.to_owned() };
            let list = if name.contains('*') { &mut self.key_patterns } else { &mut self.keys };
            list.push((name.to_ascii_lowercase(), kind));
        }
    }

    fn add_type(&mut self, name: &'static str, arns: &'static str, keys: &'static str) {
        if let Some(service) = self.services.last_mut() {
            service.types.push(ResourceType { name, service: service.prefix, arns, keys });
        }
    }

    fn add_key_set(&mut self, keys: &'static str) {
        if let Some(service) = self.services.last_mut() {
            service.key_sets.push(keys);
        }
    }

    fn add_actions(&mut self, level: &str, types: &'static str, key_set: &str, names: &'static str) {
        let Some(service) = self.services.last() else { return };
        let set = key_set.parse::<usize>().ok().and_then(|number| service.key_sets.get(number.checked_sub(1)?));
        let keys = set.copied().unwrap_or_default();
        let (Ok(group), Ok(service)) = (u16::try_from(self.groups.len()), u16::try_from(self.services.len() - 1))
        else {
            return;
        };
        self.groups.push(Group { access_level: AccessLevel::read(level), types, keys });
        self.actions.extend(names.split(' ').map(|name| Action { name, service, group }));
    }
}

impl AccessLevel {
    fn read(letter: &str) -> Self {
        match letter {
            "L" => Self::List,
            "R" => Self::Read,
            "T" => Self::Tagging,
            "P" => Self::PermissionsManagement,
            _ => Self::Write,
        }
    }
}

impl KeyType {
    fn read(text: &str) -> Option<Self> {
        let (multivalued, one) = text.strip_prefix("ArrayOf").map_or((false, text), |one| (true, one));
        let value = match one {
            "String" => ValueType::String,
            "ARN" => ValueType::Arn,
            "Bool" => ValueType::Bool,
            "Numeric" => ValueType::Numeric,
            "Date" => ValueType::Date,
            "IPAddress" => ValueType::IpAddress,
            _ => return None,
        };
        Some(Self { value, multivalued })
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The order of two names in lower case.
fn order(left: &str, right: &str) -> std::cmp::Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    left.bytes().map(lower).cmp(right.bytes().map(lower))
}

/// Whether a name of ASCII letters has the form of a pattern, whatever the case.
fn has_form(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut of, mut star) = (0, 0, None);
    while of < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted.eq_ignore_ascii_case(&name[of]) => {
                at += 1;
                of += 1;
            }
            // Let the last star take one more.
            _ => match star {
                Some((back, taken)) => {
                    (at, of) = (back + 1, taken + 1);
                    star = Some((back, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str) -> Vec<String> {
        catalog().expand(pattern).into_iter().map(ToString::to_string).collect()
    }

    #[test]
    fn actions_are_found_by_name_in_any_case() {
        let action = catalog().action("S3:getobject").unwrap();
        assert_eq!(action.to_string(), "s3:GetObject");
        assert_eq!(action.access_level(), AccessLevel::Read);
        assert_eq!(action.resources(), ["arn:*:s3:*:*:accesspoint/*/object/*", "arn:*:s3:::*/*"]);
        assert!(catalog().action("s3:getobjekt").is_none());
        assert!(catalog().action("s33:getobject").is_none());
        assert!(catalog().action("*").is_none());
        for (at, action) in catalog().actions().iter().enumerate() {
            assert_eq!(catalog().position(&action.to_string().to_uppercase()), Some(at), "{action}");
        }
    }

    #[test]
    fn patterns_expand_to_the_actions_that_have_their_form() {
        assert_eq!(names("s3:get?bject"), ["s3:GetObject"]);
        assert_eq!(names("*:AssumeRole"), ["sts:AssumeRole"]);
        assert_eq!(names("sts:ASSUMEROLE"), ["sts:AssumeRole"]);
        assert!(names("s3:GetObjekt*").is_empty());
        assert_eq!(names("*").len(), catalog().actions().len());
        assert_eq!(names("*:*"), names("*"));
        assert_eq!(names("s3*").len(), names("s3:*").len() + names("s3?*:*").len());
        let tables = names("s3tables:*get*");
        assert!(tables.len() > 3 && tables.iter().all(|name| name.contains("Get")), "{tables:?}");
    }

    #[test]
    fn the_data_is_whole() {
        let catalog = catalog();
        assert!(catalog.date().starts_with("20") && catalog.version().starts_with("0.1."));
        assert!(catalog.services().len() >= 457 && catalog.actions().len() >= 22_321);
        assert!(catalog.services().windows(2).all(|pair| order(pair[0].prefix, pair[1].prefix).is_lt()));
        for action in catalog.actions() {
            let named = action.group().types.split(',').filter(|name| !name.is_empty()).count();
            assert_eq!(action.resource_types().len(), named, "{action} acts on types that are not there");
            assert!(action.resources().iter().all(|arn| arn.splitn(6, ':').count() == 6), "{action}");
        }
        let types = catalog.services().iter().map(|service| service.resource_types().len());
        assert!(types.sum::<usize>() >= 2_348);
    }

    #[test]
    fn some_actions_know_no_resource() {
        assert!(!catalog().action("s3:listallmybuckets").unwrap().takes_resources());
        assert!(catalog().action("s3:listallmybuckets").unwrap().resources().is_empty());
        assert_eq!(catalog().action("iam:passrole").unwrap().required_types(), ["role"]);
    }

    #[test]
    fn keys_have_types() {
        let of = |key: &str| catalog().key_type(key).map(|kind| (kind.value, kind.multivalued));
        assert_eq!(of("aws:sourceip"), Some((ValueType::IpAddress, false)));
        assert_eq!(of("AWS:TagKeys"), Some((ValueType::String, true)));
        assert_eq!(of("aws:principaltag/Team"), Some((ValueType::String, false)));
        assert_eq!(of("s3:existingobjecttag/a/b"), Some((ValueType::String, false)));
        assert_eq!(of("s3:tlsversion"), Some((ValueType::Numeric, false)));
        assert_eq!(of("cognito-identity.amazonaws.com:amr"), Some((ValueType::String, true)));
        assert_eq!(of("aws:sourceipp"), None);
        assert_eq!(catalog().is_multivalued("dynamodb:leadingkeys"), Some(true));
    }

    #[test]
    fn actions_take_their_own_keys_and_those_of_what_they_act_on() {
        let action = catalog().action("s3:getobject").unwrap();
        assert!(action.takes_key("s3:existingobjecttag/team") && action.takes_key("S3:DataAccessPointArn"));
        assert!(action.takes_key("aws:sourceip"));
        assert!(!action.takes_key("s3:prefix") && !action.takes_key("iam:passedtoservice"));
        assert!(catalog().action("iam:passrole").unwrap().takes_key("iam:passedtoservice"));
    }

    #[test]
    fn resource_control_policies_apply_to_some_services() {
        for service in ["s3", "sts", "kms", "sqs", "secretsmanager"] {
            assert!(catalog().supports_rcp(service), "{service}");
        }
        assert!(!catalog().supports_rcp("ec2") && !catalog().supports_rcp("nope"));
    }
}
