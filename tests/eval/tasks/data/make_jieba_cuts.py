#!/usr/bin/env python3
"""Makes jieba_cuts.json.gz: Chinese texts, and how PyPI jieba cuts them with its whole dictionary.
Needs: pip install jieba==0.42.1

    make_jieba_cuts.py FOLDER [SEED]
"""
import gzip
import io
import json
import random
import sys
from pathlib import Path

import jieba

# Words the dictionary has, names and coinages that it has not, other scripts, numbers, marks.
SENTENCES = """我来到北京清华大学|他来到了网易杭研大厦|小明硕士毕业于中国科学院计算所，后在日本京都大学深造|乒乓球拍卖完了
今天天气真好，我们去公园散步吧！|李雅婷和欧阳昊坤在深圳创办了一家叫做“星羽智联”的公司|本文提出了一种基于缓存融合的方法，准确率达到87.5%
2023年12月31日，该公司的营业收入为1,234.56亿元，同比增长12.3%|段落3和段落17都提到了这一点|《红楼梦》第一回：甄士隐梦幻识通灵
GPT-4和Llama-3.1-8B在LongBench上的得分分别是多少？|请用C++或C#写一个程序，输出“你好，世界”|北京市海淀区中关村南大街5号
会议强调，要坚持以人民为中心的发展思想|他说：“我不知道。”|长春市长春药店|南京市长江大桥|研究生命的起源|结婚的和尚未结婚的
项目经理张三丰提醒大家注意：需求文档的第二版已经上传到服务器|这个方案我觉得还可以再讨论一下，大家有什么意见吗|嗯嗯好的好的没问题哈哈哈
工信处女干事每月经过下属科室都要亲口交代24口交换机等技术性器件的安装工作|永和服装饰品有限公司|我需要廉租房|雷猴是个好网站
丰田太省了|欧几里得是西元前三世纪的希腊数学家|如果放到post中将出错。|我爱吃蕃薯粥和𠮷野家的牛丼|臺灣大學位於臺北市|韓國首爾 서울 と東京
e-mail: someone@example.com 电话：010-8888_9999|    两个空格  和\t制表符|第一行\r\n第二行\n\n第三行""".replace("\n", "|").split("|")


def texts(rng):
    yield from (text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t") for text in SENTENCES)
    words = [word for word, count in jieba.dt.FREQ.items() if count > 20]
    words.sort()
    rare = "龘燚犇骉淼鑫垚焱森晶磊昊坤婷羽智联霖钧曦辰梓萱浩然雨泽"
    marks = "，。！？、；：“”（）《》 ·…—%.-+#&_"
    for _ in range(400):
        parts = []
        for _ in range(rng.randint(1, 14)):
            kind = rng.random()
            if kind < 0.6:
                parts.append(rng.choice(words))
            elif kind < 0.75:
                parts.append("".join(rng.choice(rare) for _ in range(rng.randint(1, 4))))
            elif kind < 0.85:
                parts.append(rng.choice(["abc", "GPT", "x1", "3.14", "50%", "2024", "１２", "C++", "é", "α"]))
            else:
                parts.append(rng.choice(marks))
        yield "".join(parts)


def main():
    folder, seed = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    jieba.initialize()
    rows = [{"text": text, "words": list(jieba.cut(text, cut_all=False))} for text in texts(random.Random(seed))]
    data = json.dumps({"jieba": "0.42.1", "cuts": rows}, ensure_ascii=False, separators=(",", ":"))
    with open(folder / "jieba_cuts.json.gz", "wb") as out:
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="") as file, io.TextIOWrapper(file, "utf-8") as text:
            text.write(data)
    print(len(rows), "texts")


main()
