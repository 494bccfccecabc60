"""Operations that cost money each time: AWS bills the request itself, or it buys something.

A reviewed list, each with its reason. What costs by the hour once it runs (instances, endpoints) is not here, nor what
costs less than a cent a hundred times (most of S3, CloudWatch's metrics). Prices are those of us-east-1.
"""

from __future__ import annotations

from collections.abc import Mapping

_EXPLORER = "Cost Explorer: 0.01 USD a request, each page one"
_MODEL = "by the token, and one request can hold a hundred thousand"
_SCAN = "by the data that the query scans"
_BUYS = "buys for one or three years, and cannot be given back"

COSTS: Mapping[str, str] = {
    "athena:StartQueryExecution": _SCAN,
    "batch:SubmitJob": "by the compute that the job takes",
    "bedrock-agent-runtime:InvokeAgent": _MODEL,
    "bedrock-agent-runtime:InvokeFlow": _MODEL,
    "bedrock-agent-runtime:InvokeInlineAgent": _MODEL,
    "bedrock-agent-runtime:RetrieveAndGenerate": _MODEL,
    "bedrock-agent-runtime:RetrieveAndGenerateStream": _MODEL,
    "bedrock-runtime:Converse": _MODEL,
    "bedrock-runtime:ConverseStream": _MODEL,
    "bedrock-runtime:InvokeModel": _MODEL,
    "bedrock-runtime:InvokeModelWithBidirectionalStream": _MODEL,
    "bedrock-runtime:InvokeModelWithResponseStream": _MODEL,
    "bedrock-runtime:StartAsyncInvoke": _MODEL,
    "bedrock:CreateModelCustomizationJob": "by the tokens that a model is trained on",
    "bedrock:CreateModelInvocationJob": _MODEL,
    "bedrock:CreateProvisionedModelThroughput": _BUYS,
    "ce:GetAnomalies": _EXPLORER,
    "ce:GetAnomalyMonitors": _EXPLORER,
    "ce:GetAnomalySubscriptions": _EXPLORER,
    "ce:GetCostAndUsage": _EXPLORER,
    "ce:GetCostAndUsageComparisons": _EXPLORER,
    "ce:GetCostAndUsageWithResources": _EXPLORER,
    "ce:GetCostCategories": _EXPLORER,
    "ce:GetCostComparisonDrivers": _EXPLORER,
    "ce:GetCostForecast": _EXPLORER,
    "ce:GetDimensionValues": _EXPLORER,
    "ce:GetReservationCoverage": _EXPLORER,
    "ce:GetReservationPurchaseRecommendation": _EXPLORER,
    "ce:GetReservationUtilization": _EXPLORER,
    "ce:GetRightsizingRecommendation": _EXPLORER,
    "ce:GetSavingsPlansCoverage": _EXPLORER,
    "ce:GetSavingsPlansPurchaseRecommendation": _EXPLORER,
    "ce:GetSavingsPlansUtilization": _EXPLORER,
    "ce:GetSavingsPlansUtilizationDetails": _EXPLORER,
    "ce:GetTags": _EXPLORER,
    "ce:GetUsageForecast": _EXPLORER,
    "cloudtrail:StartQuery": _SCAN,
    "codebuild:StartBuild": "by the minutes that the build takes",
    "codebuild:StartBuildBatch": "by the minutes that the builds take",
    "ec2:AcceptReservedInstancesExchangeQuote": _BUYS,
    "ec2:PurchaseCapacityBlock": "buys, and cannot be given back",
    "ec2:PurchaseHostReservation": _BUYS,
    "ec2:PurchaseReservedInstancesOffering": _BUYS,
    "ec2:PurchaseScheduledInstances": _BUYS,
    "elasticache:PurchaseReservedCacheNodesOffering": _BUYS,
    "emr-serverless:StartJobRun": "by the compute that the job takes",
    "glacier:InitiateJob": "by the data that is taken out of the archive",
    "glue:StartCrawler": "by the compute that the crawl takes",
    "glue:StartJobRun": "by the compute that the job takes",
    "logs:StartQuery": _SCAN,
    "opensearch:PurchaseReservedInstanceOffering": _BUYS,
    "rds:PurchaseReservedDBInstancesOffering": _BUYS,
    "redshift-data:BatchExecuteStatement": "by the compute of a serverless workgroup",
    "redshift-data:ExecuteStatement": "by the compute of a serverless workgroup",
    "redshift:PurchaseReservedNodeOffering": _BUYS,
    "route53domains:RegisterDomain": "buys a name for a year or more",
    "route53domains:RenewDomain": "buys a name for a year or more",
    "route53domains:TransferDomain": "buys a name for a year or more",
    "s3:RestoreObject": "by the data that is taken out of the archive",
    "s3:SelectObjectContent": _SCAN,
    "sagemaker:CreateProcessingJob": "by the hour of the machines that the job takes",
    "sagemaker:CreateTrainingJob": "by the hour of the machines that the job takes",
    "savingsplans:CreateSavingsPlan": _BUYS,
    "textract:StartDocumentAnalysis": "by the page",
    "timestream-query:Query": _SCAN,
    "transcribe:StartTranscriptionJob": "by the second of sound",
    "translate:StartTextTranslationJob": "by the character",
}
