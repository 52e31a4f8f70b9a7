//! What a report says about one rule on one resource, live or planned.

use crate::gate::{Effect, GateFinding};
use crate::model::{Evaluation, Resource, ResourceKey, RuleId, Severity, SourcePlace, Verdict};

/// One rule on one resource, as reports show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The rule.
    pub rule: RuleId,
    /// Its severity.
    pub severity: Severity,
    /// The resource.
    pub resource: ResourceKey,
    /// The name people use.
    pub name: String,
    /// Address in the Terraform plan.
    pub address: Option<String>,
    /// Where it is declared, when that was looked for and found.
    pub declared: Option<SourcePlace>,
    /// The answer.
    pub verdict: Verdict,
    /// How a plan changes it; absent for live resources.
    pub effect: Option<Effect>,
    /// Whether this alone stops a change; for live resources, whether it fails.
    pub denies: bool,
    /// Whether a plan changes anything about it; always so for live resources.
    pub touched: bool,
}

impl Judgement {
    /// Of a live evaluation.
    #[must_use]
    pub fn of_live(evaluation: &Evaluation, resource: &Resource) -> Self {
        Self {
            rule: evaluation.rule.clone(),
            severity: evaluation.severity,
            resource: evaluation.resource.clone(),
            name: resource.name.clone(),
            address: resource.origin.terraform_address.clone(),
            declared: None,
            verdict: evaluation.verdict.clone(),
            effect: None,
            denies: matches!(evaluation.verdict, Verdict::Fail { .. }),
            touched: true,
        }
    }

    /// Of what a plan does. `None` for what will no longer fail: there is nothing to show where
    /// failures are shown.
    #[must_use]
    pub fn of_planned(finding: &GateFinding) -> Option<Self> {
        let (denials, open) = (finding.denials.clone(), Vec::new());
        let verdict = match finding.effect {
            Effect::NewFailure | Effect::Worse | Effect::Exposed | Effect::StillFailing => {
                Verdict::Fail { denials, open }
            }
            Effect::Unknown => Verdict::Unknown { causes: finding.waits_for.clone() },
            Effect::Waived => Verdict::Waived { denials, open, reason: finding.waived.clone().unwrap_or_default() },
            Effect::Fixed | Effect::Deleted => return None,
        };
        Some(Self {
            rule: finding.rule.clone(),
            severity: finding.severity,
            resource: finding.resource.clone(),
            name: finding.name.clone(),
            address: Some(finding.address.clone()),
            declared: None,
            verdict,
            effect: Some(finding.effect),
            denies: finding.denies,
            touched: finding.touched,
        })
    }

    /// Where it stands, for people: the address, or the id.
    #[must_use]
    pub fn place(&self) -> &str {
        self.address.as_deref().unwrap_or_else(|| self.resource.id.as_str())
    }

    /// Whether it is unknown, stays so, and stops nothing: then it is only counted for people.
    #[must_use]
    pub fn is_only_counted(&self) -> bool {
        matches!(self.verdict, Verdict::Unknown { .. }) && !self.touched && !self.denies
    }

    /// 32 hexadecimal digits of rule, type and place: the same from run to run, whatever is said.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let text = format!("{}\n{}\n{}", self.rule, self.resource.resource_type, self.place());
        blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
    }

    /// What is wrong, or what is not known, in one line.
    #[must_use]
    pub fn message(&self) -> String {
        let said = |denials: &[crate::model::Denial]| {
            // Several places may offend in the same words.
            let mut messages: Vec<&str> = Vec::new();
            for denial in denials {
                if !messages.contains(&denial.message.as_str()) {
                    messages.push(&denial.message);
                }
            }
            messages.join("; ")
        };
        match &self.verdict {
            Verdict::Pass => "passes".to_owned(),
            Verdict::Fail { denials, .. } if self.effect == Some(Effect::Exposed) => {
                format!("{} (unless something outside the plan prevents it)", said(denials))
            }
            Verdict::Fail { denials, .. } => said(denials),
            Verdict::Waived { denials, reason, .. } => format!("{} (accepted: {reason})", said(denials)),
            Verdict::Unknown { causes } => format!("unknown, not a pass: {}", causes.join("; ")),
        }
    }
}
