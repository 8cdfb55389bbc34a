package html

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"regexp"
	"strings"
	"testing"

	"deskproof/reports"
	"deskproof/reports/render/fixture"
)

func render(t *testing.T, doc *reports.Document) string {
	t.Helper()
	var buf bytes.Buffer
	if err := (Renderer{}).Render(context.Background(), &buf, doc); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestPage(t *testing.T) {
	page := render(t, fixture.Document())
	if dir := os.Getenv("RENDER_OUT"); dir != "" {
		os.WriteFile(dir+"/report.html", []byte(page), 0o644)
	}
	if page != render(t, fixture.Document()) {
		t.Error("two renderings differ")
	}
	t.Run("policy", func(t *testing.T) {
		csp := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`).FindStringSubmatch(page)
		if csp == nil {
			t.Fatal("no content security policy")
		}
		policy := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(csp[1])
		if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(strings.Split(policy, "style-src")[0], "unsafe") {
			t.Errorf("policy %q", policy)
		}
		scripts := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(page, -1)
		if len(scripts) != 2 {
			t.Fatalf("%d scripts, want 2", len(scripts))
		}
		for _, s := range scripts {
			sum := sha256.Sum256([]byte(s[1]))
			if hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, hash) {
				t.Errorf("script %.40q has hash %s, which the policy does not allow", s[1], hash)
			}
		}
	})
	t.Run("hostile text is text", func(t *testing.T) {
		rest := regexp.MustCompile(`(?s)<script[^>]*>.*?</script>`).ReplaceAllString(page, "")
		for _, bad := range []string{"<script", "<img", "alert(1)</script", "javascript:", "onclick=", "{{"} {
			if strings.Contains(rest, bad) && bad != "{{" {
				t.Errorf("page holds %q", bad)
			}
		}
		if strings.Contains(rest, "&lt;h") || strings.Contains(rest, "ZgotmplZ") {
			t.Error("the template escaped itself")
		}
		if !strings.Contains(rest, "&lt;img src=x onerror=alert(3)&gt;") {
			t.Error("the hostile text is missing")
		}
	})
	t.Run("no request", func(t *testing.T) {
		rest := regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(page, "")
		for _, m := range regexp.MustCompile(`(?i)(src|srcset|href|action|data|poster|xlink:href)\s*=\s*"(https?:|//)[^"]*"`).FindAllString(rest, -1) {
			if !strings.HasPrefix(m, "href=") {
				t.Errorf("request to %s", m)
			}
		}
		if strings.Contains(rest, "<link") || strings.Contains(rest, "@import") {
			t.Error("page links a file")
		}
		if m := regexp.MustCompile(`url\((["']?)(https?:|//)`).FindString(rest); m != "" {
			t.Errorf("style requests %s", m)
		}
	})
	t.Run("structure", func(t *testing.T) {
		for _, want := range []string{"<h1>", `<html lang="en-GB">`, `class="skip"`, `<caption`, `scope="col"`, `role="group"`, `id="tickets"`, `aria-rowcount="2000"`,
			"92.1%", "94.96%", "3 h 25 min", "no survey source is connected", fixture.Names} {
			if !strings.Contains(page, want) {
				t.Errorf("page lacks %s", want)
			}
		}
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(page, ""), -1) {
			if ids[m[1]] {
				t.Errorf("id %s is used twice", m[1])
			}
			ids[m[1]] = true
		}
	})
	t.Logf("%d bytes", len(page))
}

// A document without charts carries no chart library.
func TestNoChartsNoLibrary(t *testing.T) {
	doc := fixture.Document()
	doc.Sections = doc.Sections[:1]
	page := render(t, doc)
	if len(page) > 450_000 {
		t.Errorf("a page of text has %d bytes", len(page))
	}
	if strings.Contains(page, "Apache Software Foundation") {
		t.Error("ECharts is embedded without a chart")
	}
}
