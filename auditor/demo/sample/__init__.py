"""What the sample account holds, by concern; ``auditor.demo.account`` puts it together."""
