#include "c2c/train/data/longbench_templates.h"

namespace c2c {
namespace {

// The typos belong to the data.
// clang-format off
constexpr LongBenchTask kTasks[] = {
  {"narrativeqa", false, R"(You are given a story, which can be either a novel or a movie script, and a question. Answer the question asconcisely as you can, using a single phrase if possible. Do not provide any explanation.

Story: {context}

Now, answer the question based on the story asconcisely as you can, using a single phrase if possible. Do not provide any explanation.

Question: {input}

Answer:)"},
  {"qasper", true, R"(You are given a scientific article and a question. Answer the question as concisely as you can, using a single phrase or sentence if possible. If the question cannot be answered based on the information in the article, write "unanswerable". If the question is a yes/no question, answer "yes", "no", or "unanswerable". Do not provide any explanation.

Article: {context}

 Answer the question based on the above article as concisely as you can, using a single phrase or sentence if possible. If the question cannot be answered based on the information in the article, write "unanswerable". If the question is a yes/no question, answer "yes", "no", or "unanswerable". Do not provide any explanation.

Question: {input}

Answer:)"},
  {"multifieldqa_en", true, R"(Read the following text and answer briefly.

{context}

Now, answer the following question based on the above text, only give me the answer and do not output any other words.

Question: {input}
Answer:)"},
  {"multifieldqa_zh", false, R"(阅读以下文字并用中文简短回答：

{context}

现在请基于上面的文章回答下面的问题，只告诉我答案，不要输出任何其他字词。

问题：{input}
回答：)"},
  {"hotpotqa", true, R"(Answer the question based on the given passages. Only give me the answer and do not output any other words.

The following are given passages.
{context}

Answer the question based on the given passages. Only give me the answer and do not output any other words.

Question: {input}
Answer:)"},
  {"2wikimqa", true, R"(Answer the question based on the given passages. Only give me the answer and do not output any other words.

The following are given passages.
{context}

Answer the question based on the given passages. Only give me the answer and do not output any other words.

Question: {input}
Answer:)"},
  {"musique", false, R"(Answer the question based on the given passages. Only give me the answer and do not output any other words.

The following are given passages.
{context}

Answer the question based on the given passages. Only give me the answer and do not output any other words.

Question: {input}
Answer:)"},
  {"dureader", false, R"(请基于给定的文章回答下述问题。

文章：{context}

请基于上述文章回答下面的问题。

问题：{input}
回答：)"},
  {"gov_report", true, R"(You are given a report by a government agency. Write a one-page summary of the report.

Report:
{context}

Now, write a one-page summary of the report.

Summary:)"},
  {"qmsum", false, R"(You are given a meeting transcript and a query containing a question or instruction. Answer the query in one or more sentences.

Transcript:
{context}

Now, answer the query based on the above meeting transcript in one or more sentences.

Query: {input}
Answer:)"},
  {"multi_news", true, R"(You are given several news passages. Write a one-page summary of all news. 

News:
{context}

Now, write a one-page summary of all the news.

Summary:)"},
  {"vcsum", false, R"(下面有一段会议记录，请你阅读后，写一段总结，总结会议的内容。
会议记录：
{context}

会议总结：)"},
  {"trec", true, R"(Please determine the type of the question below. Here are some examples of questions.

{context}
{input})"},
  {"triviaqa", true, R"(Answer the question based on the given passage. Only give me the answer and do not output any other words. The following are some examples.

{context}

{input})"},
  {"samsum", true, R"(Summarize the dialogue into a few short sentences. The following are some examples.

{context}

{input})"},
  {"lsht", false, R"(请判断给定新闻的类别，下面是一些例子。

{context}
{input})"},
  {"passage_count", true, R"(There are some paragraphs below sourced from Wikipedia. Some of them may be duplicates. Please carefully read these paragraphs and determine how many unique paragraphs there are after removing duplicates. In other words, how many non-repeating paragraphs are there in total?

{context}

Please enter the final count of unique paragraphs after removing duplicates. The output format should only contain the number, such as 1, 2, 3, and so on.

The final answer is: )"},
  {"passage_retrieval_en", true, R"(Here are 30 paragraphs from Wikipedia, along with an abstract. Please determine which paragraph the abstract is from.

{context}

The following is an abstract.

{input}

Please enter the number of the paragraph that the abstract is from. The answer format must be like "Paragraph 1", "Paragraph 2", etc.

The answer is: )"},
  {"passage_retrieval_zh", false, R"(以下是若干段落文字，以及其中一个段落的摘要。请确定给定的摘要出自哪一段。

{context}

下面是一个摘要

{input}

请输入摘要所属段落的编号。答案格式必须是"段落1"，"段落2"等格式

答案是：)"},
  {"lcc", true, R"(Please complete the code given below. 
{context}Next line of code:
)"},
  {"repobench-p", true, R"(Please complete the code given below. 
{context}{input}Next line of code:
)"},
};
// clang-format on

}  // namespace

std::span<const LongBenchTask> longbench_tasks() {
  return kTasks;
}

}  // namespace c2c
