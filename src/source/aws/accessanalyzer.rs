//! IAM Access Analyzer: the analyzers of one region, in one list.

use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::AnalyzerSummary;

use super::cell::{Chain, Page, Regional};
use super::meter::Meter;
use super::{Collected, Progress, Session};
use crate::model::{Analyzer, Region, Resource, ResourceType, Service};

/// Reads one region.
pub(super) async fn collect(session: &Session, region: &Region, progress: &(dyn Fn(Progress) + Sync)) -> Collected {
    let access_analyzer = session.access_analyzer(region);
    let mut list = analyzers(&access_analyzer);
    Meter::new(Service::AccessAnalyzer, region, 1, progress).measure(list.read()).await;
    access_analyzer.cell.last_chance();
    list.read_again().await;

    let mut collected = Collected::default();
    let types = [ResourceType::Analyzer];
    collected.gaps.extend(list.fault.as_ref().map(|fault| access_analyzer.cell.unlisted(fault, &types)));
    collected.listed(session, region, ResourceType::Analyzer, list.fault.is_none());
    collected.resources.extend(list.items.iter().map(|summary| analyzer(session, region, summary)));
    collected
}

const PAGE: i32 = 100;

fn analyzers(access_analyzer: &Regional<Client>) -> Chain<'_, AnalyzerSummary> {
    const OPERATION: &str = "ListAnalyzers";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            let size = access_analyzer.cell.page(PAGE);
            access_analyzer.client.list_analyzers().max_results(size).set_next_token(token.clone()).send()
        };
        let answer = access_analyzer.cell.call(OPERATION, request).await?;
        Ok(Page { items: answer.analyzers, next: answer.next_token })
    })
}

fn analyzer(session: &Session, region: &Region, summary: &AnalyzerSummary) -> Resource {
    let path = format!("analyzer/{}", summary.name());
    let id = session.given_arn(Some(summary.arn()), "access-analyzer", region.as_str(), &path);
    let configuration =
        Analyzer { analyzer_type: summary.r#type().as_str().to_owned(), status: summary.status().as_str().to_owned() };
    let mut resource = Resource::new(id, session.account.clone(), region.clone(), summary.name(), configuration);
    resource.tags = summary.tags().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
    resource
}
