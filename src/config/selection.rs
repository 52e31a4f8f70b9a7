//! Which rules judge: by id, by pattern, by framework.

use std::path::PathBuf;

use super::section::RuleSelection;

use crate::model::{Pattern, Rule, RuleId};

/// Whether a rule judges, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'s> {
    /// It judges.
    Judges,
    /// It judges only when it is asked for, by its whole id or by a framework.
    OptIn,
    /// No pattern of `rules.enabled` matches it.
    NotEnabled,
    /// This pattern of `rules.disabled` matches it.
    Disabled(&'s Pattern),
    /// None of the chosen frameworks has a control that it serves.
    OtherFramework,
}

impl Standing<'_> {
    /// One word for it, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Judges => "judges",
            Self::OptIn => "opt_in",
            Self::NotEnabled => "not_enabled",
            Self::Disabled(_) => "disabled",
            Self::OtherFramework => "other_framework",
        }
    }

    /// Why the rule does not judge, in words; `None` when it does.
    #[must_use]
    pub fn reason(self) -> Option<String> {
        match self {
            Self::Judges => None,
            Self::OptIn => Some("opt-in: name it in rules.enabled, or choose its framework".to_owned()),
            Self::NotEnabled => Some("no pattern of rules.enabled matches it".to_owned()),
            Self::Disabled(pattern) => Some(format!("rules.disabled has {pattern}")),
            Self::OtherFramework => Some("no chosen framework asks for it".to_owned()),
        }
    }
}

impl RuleSelection {
    /// Whether a rule judges.
    ///
    /// A disabled one never does. With frameworks chosen, those do that serve a control of one of
    /// them, whether they are opt-in or not. Otherwise an opt-in rule must be named in full.
    #[must_use]
    pub fn selects(&self, rule: &Rule) -> bool {
        self.standing(rule) == Standing::Judges
    }

    /// Whether a rule of which only the id is known might judge.
    #[must_use]
    pub fn may_select(&self, rule: &RuleId) -> bool {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(rule.as_str()));
        any(&self.enabled) && !any(&self.disabled)
    }

    /// All directories of rules, in the order in which they count.
    #[must_use]
    pub fn all_directories(&self) -> Vec<PathBuf> {
        self.directory.iter().chain(&self.directories).cloned().collect()
    }

    /// Whether a rule judges, and why not.
    #[must_use]
    pub fn standing(&self, rule: &Rule) -> Standing<'_> {
        let first = |patterns: &'_ [Pattern]| patterns.iter().position(|pattern| pattern.matches(rule.id.as_str()));
        if let Some(at) = first(&self.disabled) {
            return Standing::Disabled(&self.disabled[at]);
        }
        if first(&self.enabled).is_none() {
            return Standing::NotEnabled;
        }
        let named = || self.enabled.iter().any(|pattern| pattern.as_str() == rule.id.as_str());
        if self.frameworks.is_empty() {
            return if rule.enabled || named() { Standing::Judges } else { Standing::OptIn };
        }
        let serves = |framework: &String| rule.controls.get(framework).is_some_and(|controls| !controls.is_empty());
        if self.frameworks.iter().any(serves) { Standing::Judges } else { Standing::OtherFramework }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(id: &str, enabled: bool, controls: &serde_json::Value) -> Rule {
        serde_json::from_value(json!({
            "id": id, "title": "t", "description": "d", "severity": "low", "enabled": enabled, "resource_types": [],
            "controls": controls, "reads": [], "reads_now": false, "remediation": {"text": "r"},
            "related_resources": [], "digest": "",
        }))
        .unwrap()
    }

    fn selection(enabled: &[&str], disabled: &[&str], frameworks: &[&str]) -> RuleSelection {
        let patterns = |texts: &[&str]| texts.iter().map(|text| Pattern::new(*text)).collect();
        RuleSelection {
            enabled: patterns(enabled),
            disabled: patterns(disabled),
            frameworks: frameworks.iter().map(|text| (*text).to_owned()).collect(),
            ..RuleSelection::default()
        }
    }

    #[test]
    fn an_opt_in_rule_judges_when_it_is_named_or_its_framework_is_chosen() {
        let rule = rule("aws-s3-versioned", false, &json!({"fsbp": ["S3.14"]}));
        assert_eq!(selection(&["*"], &[], &[]).standing(&rule), Standing::OptIn);
        assert_eq!(selection(&["aws-s3-*"], &[], &[]).standing(&rule), Standing::OptIn);
        assert!(selection(&["*", "aws-s3-versioned"], &[], &[]).selects(&rule));
        assert!(selection(&["*"], &[], &["fsbp"]).selects(&rule));
        assert_eq!(selection(&["*"], &[], &["cis-5.0"]).standing(&rule), Standing::OtherFramework);
    }

    #[test]
    fn frameworks_leave_only_their_rules_and_disabling_goes_before_all() {
        let rule = rule("aws-s3-tls-only", true, &json!({"cis-5.0": ["2.1.1"]}));
        assert!(selection(&["*"], &[], &["fsbp", "cis-5.0"]).selects(&rule));
        assert_eq!(selection(&["aws-s3-tls-only"], &[], &["fsbp"]).standing(&rule), Standing::OtherFramework);
        assert_eq!(selection(&["aws-iam-*"], &[], &["cis-5.0"]).standing(&rule), Standing::NotEnabled);
        let disabled = selection(&["*"], &["aws-s3-*"], &["cis-5.0"]);
        assert_eq!(disabled.standing(&rule).reason().unwrap(), "rules.disabled has aws-s3-*");
    }
}
