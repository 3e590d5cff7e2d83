(* SPDX-License-Identifier: BSL-1.0 *)
(** A channel without a buffer: who sits, who claims it without the lock, where both meet, and how it ends. *)
From iris.base_logic.lib Require Import invariants ghost_var saved_prop.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import chan chan_wait chan_seat chan_rendezvous.

Section at_seat.
  Context `{!heapGS Σ, !chanG Σ} (N : namespace) (idle lap : Z).
  Implicit Types (c : channel) (x : sitting) (k : nat) (s r m ok waits : bool) (Φ Ψ : val → iProp Σ).
  Notation E := (⊤ ∖ ↑N).
  Notation content c := (content (c_ring c)).
  Notation push_update := (push_update N 0). Notation pop_update := (pop_update N).
  Notation is_words := (is_words N idle lap). Notation words := (words idle lap).
  Notation word c := (seat_at c +ₗ 0)%Z. Notation cell c := (seat_at c +ₗ 1)%Z.

  (** ** At any moment: who can be claimed is shown, and where "nobody" is shown nobody can be *)
  Theorem who_sits_is_shown c :
    is_words c ={⊤, ⊤ ∖ ↑N .@ "words"}=∗ ∃ r x,
      let now := (l_head (c_ring c) ↦{#1/2} #(shows idle lap r) ∗ word c ↦{#share x} #(number x))%I in
      now ∗ ⌜(∃ z, x = Open z) → r = true⌝ ∗ (now ={⊤ ∖ ↑N .@ "words", ⊤}=∗ True).
  Proof.
    iIntros "[_ #I]". iInv "I" as (s r m) "(>[Ht Hh] & >Ho & >Hc & >%Hm & Hx)" "Hclose".
    iDestruct "Hx" as (k x) "(>Hk & >Hn & >%Hkx & >Hw & H)".
    iAssert (▷ ⌜(∃ z, x = Open z) → r = true⌝)%I as "#>%Hr".
    { iNext. destruct x; try (iPureIntro; by intros [? ?]). iDestruct "H" as "[_ %H]". iPureIntro. intros _. apply H. }
    iModIntro. iExists r, x. iFrame "Hh Hw". iSplit; first done. iIntros "[Hh Hw]". iApply "Hclose".
    iNext. iExists s, r, m. iFrame "Ht Hh Ho Hc". iSplit; first done. iExists k, x. by iFrame.
  Qed.

  (** ** Under the lock: who looks knows that nobody sits down meanwhile *)
  Lemma seems_open_spec c k :
    {{{ is_words c ∗ knows c k }}} seems_open #(seat_at c)
    {{{ (b : bool), RET #b; if b then knows c k else knows c 1 }}}.
  Proof.
    iIntros (Φ) "[[_ I] Hk] HΦ". wp_lam. wp_pures. wp_bind (! _)%E.
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)". wp_load.
    destruct (open_or_not x) as [[z ->]|Hx].
    - iModIntro. iSplitR "Hk HΦ"; first (iNext; iExists s, r, m; iFrame; iSplit; first done; iExists k', (Open z); by iFrame).
      wp_pures. destruct z; wp_pures; by iApply "HΦ".
    - iMod (know_more true c x k k' 1 with "Hk Hk'") as "[Hk Hk']"; [done|intros; by apply agrees_shut|].
      iDestruct "Hk'" as (k'') "[Hk' %Hkx']".
      iModIntro. iSplitR "Hk HΦ"; first (iNext; iExists s, r, m; iFrame; iSplit; first done; iExists k'', x; by iFrame).
      wp_pures. rewrite bool_decide_eq_false_2; last (intros [= Hn]; by apply (Hx false), number_open).
      wp_pures. rewrite bool_decide_eq_false_2; last (intros [= Hn]; by apply (Hx true), number_open).
      by iApply "HΦ".
  Qed.
  Lemma is_vacant_spec c k o :
    {{{ is_words c ∗ knows c k ∗ offering c (offer_is o) }}} is_vacant #(seat_at c)
    {{{ (b : bool), RET #b; offering c (offer_is o) ∗ if b then knows c 0 ∗ ⌜o = false⌝ else knows c k }}}.
  Proof.
    iIntros (Φ) "([_ I] & Hk & Hof) HΦ". wp_lam. wp_pures. wp_bind (! _)%E.
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)". wp_load.
    iDestruct (ghost_var_agree with "Hn Hof") as %Hno.
    destruct (decide (x = Vacant)) as [->|Hx].
    - iMod (know_more true c Vacant k k' 0 with "Hk Hk'") as "[Hk Hk']"; [done..|].
      iDestruct "Hk'" as (k'') "[Hk' %Hkx']".
      iModIntro. iSplitR "Hk Hof HΦ"; first (iNext; iExists s, r, m; iFrame; iSplit; first done; iExists k'', Vacant; by iFrame).
      wp_pures. iApply "HΦ". iFrame. by destruct o.
    - iModIntro. iSplitR "Hk Hof HΦ"; first (iNext; iExists s, r, m; iFrame; iSplit; first done; iExists k', x; by iFrame).
      wp_pures. rewrite bool_decide_eq_false_2; last by intros [=]; destruct x as [| |[]|[]|[]|[]|[]], o.
      iApply "HΦ". by iFrame.
  Qed.
  Lemma sit_spec c s Φ' :
    {{{ is_words c ∗ knows c 0 ∗ open c false ∗ words c s true ∗ pop_update c true Φ' }}} sit #(seat_at c)
    {{{ k, RET #(); knows c k ∗ open c false ∗ words c s true ∗ sits c Φ' }}}.
  Proof.
    iIntros (Φ) "([_ I] & Hk & Ho & [Ht Hh] & AU) HΦ". wp_lam. wp_pures.
    iMod (saved_pred_alloc Φ' DfracDiscarded) as (g) "#S"; first done.
    iInv "I" as (s' r m) "(>[Ht' Hh'] & >Ho' & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)".
    iDestruct (ghost_var_agree with "Hk Hk'") as %<-. destruct Hkx as [Hx _]. rewrite (Hx eq_refl).
    iDestruct (open_agree with "Ho Ho'") as %<-. iDestruct (mapsto_agree with "Hh Hh'") as %Hr.
    iDestruct "H" as "[>Hg >Hv]". iDestruct "Hg" as (g') "Hg". wp_store.
    iMod (ghost_var_update g with "Hg") as "[Hg Hg']". iMod (ghost_var_update_halves 3%nat with "Hk Hk'") as "[Hk Hk']".
    iModIntro. iSplitR "Hk Ho Ht Hh Hg' HΦ".
    { iNext. iExists s', true, false. iFrame "Ho' Hc Ht'". rewrite Hr. iFrame "Hh'". iSplit; first done.
      iExists 3%nat, (Open false). iFrame "Hk' Hn Hw". iSplit; first done. iSplit; last done. iExists Φ'. iSplitL "Hg"; first (iExists g; by iFrame).
      iDestruct "Hv" as (v) "Hv". iExists v. by iFrame. }
    iApply "HΦ". iFrame. iExists g. by iFrame "Hg' S".
  Qed.

  (** ** A claim, with the lock or without: the step in which who sits, and who claims, get what they want *)
  Lemma claim_from_spec c (locked z : bool) k (R : iProp Σ) (Q : (val → iProp Σ) → iProp Σ) :
    (z = true → k = 2%nat) →
    (∀ Ψ, ⊢ R -∗ pop_update c true Ψ -∗ content c [] false ={E}=∗ content c [] false ∗ Q Ψ) →
    {{{ is_words c ∗ know locked c k ∗ R }}}
      claim_from #(seat_at c) #(is_open + Z.b2z z) #(is_claimed + Z.b2z z)
    {{{ (w : Z) (b : bool), RET (#w, #b);
        if b then know locked c 1 ∗ ∃ Ψ, claims c Ψ ∗ Q Ψ
        else know locked c (if decide (w = is_open + asleep)%Z then 2 else 1) ∗ R ∗ ⌜z = true → w ≠ (is_open + asleep)%Z⌝ }}}.
  Proof.
    iIntros (Hz HQ Φ) "([_ I] & Hk & HR) HΦ". wp_lam. wp_pures.
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)".
    destruct (decide (x = Open z)) as [->|Hx].
    - iDestruct "H" as "[H >[-> ->]]". wp_cmpxchg_suc. iDestruct "H" as (Ψ) "[Hs H]". iDestruct "H" as (v) "[Hv AU]".
      iAssert (|={⊤ ∖ ↑N .@ "words"}=> content c [] false ∗ Q Ψ)%I with "[HR AU Hc]" as ">[Hc HQ]".
      { iApply (fupd_mask_mono E); first apply mask_words. by iApply (HQ with "HR AU Hc"). }
      iDestruct (part_split with "Hs") as "[Hs Ht]".
      iMod (know_more locked c (Claimed z) k k' 1 with "Hk Hk'") as "[Hk Hk']".
      { by apply (agrees_on _ _ _ Hkx). }
      { intros. by apply agrees_shut. }
      iDestruct "Hk'" as (k'') "[Hk' %Hkx']".
      iModIntro. iSplitL "Hws Ho Hc Hw Ht Hk' Hn".
      { iNext. iExists s, true, false. iFrame "Hws Ho Hc". iSplit; first done. iExists k'', (Claimed z). by iFrame "Hk' Hn Hw Ht". }
      iApply ("HΦ" $! _ true). iFrame "Hk". iExists Ψ. iFrame "HQ Hs". by iExists v.
    - wp_cmpxchg_fail; first (intros [= Hn]; by apply Hx, number_open).
      iMod (know_more locked c x k k' (if decide (number x = is_open + asleep)%Z then 2 else 1) with "Hk Hk'") as "[Hk Hk']"; first done.
      { intros _ (_ & _ & H2). case_decide as Hn; first by apply (number_open x true) in Hn as ->.
        apply agrees_shut. intros [] ->; first done. destruct z; [by apply H2; [apply Hz|]|done]. }
      iDestruct "Hk'" as (k'') "[Hk' %Hkx']".
      iModIntro. iSplitR "Hk HR HΦ"; first (iNext; iExists s, r, m; iFrame; iSplit; first done; iExists k'', x; by iFrame).
      iApply ("HΦ" $! _ false). iFrame. iPureIntro. intros -> Hn. by apply Hx, (number_open x true).
  Qed.
  Lemma claim_seat_spec c (locked : bool) k (R : iProp Σ) (Q : (val → iProp Σ) → iProp Σ) :
    (∀ Ψ, ⊢ R -∗ pop_update c true Ψ -∗ content c [] false ={E}=∗ content c [] false ∗ Q Ψ) →
    {{{ is_words c ∗ know locked c k ∗ R }}} claim_seat #(seat_at c)
    {{{ (b : bool), RET #b; know locked c 1 ∗ if b then ∃ Ψ, claims c Ψ ∗ Q Ψ else R }}}.
  Proof.
    iIntros (HQ Φ) "(#Hw & Hk & HR) HΦ". wp_lam.
    wp_apply (claim_from_spec c locked false k R Q with "[$Hw $Hk $HR]"); [done..|]. iIntros (w []) "H"; wp_pures.
    { iApply "HΦ". by iDestruct "H" as "[$ $]". }
    iDestruct "H" as "(Hk & HR & _)". case_decide as Hn.
    - subst w. rewrite bool_decide_eq_true_2 //. wp_pures.
      wp_apply (claim_from_spec c locked true 2 R Q with "[$Hw $Hk $HR]"); [done..|]. iIntros (w []) "H"; wp_pures.
      + iApply "HΦ". by iDestruct "H" as "[$ $]".
      + iDestruct "H" as "(Hk & HR & %Hw)". rewrite decide_False; last by apply Hw. iApply "HΦ". by iFrame.
    - rewrite bool_decide_eq_false_2; last by intros [=]. wp_pures. iApply "HΦ". by iFrame.
  Qed.

  (** ** Whoever has claimed it says how it ended *)
  Lemma end_with_spec c Ψ ok :
    {{{ is_words c ∗ part c (1/4) Ψ ∗ gets false (cell c) Ψ ok }}}
      end_with #(seat_at c) #(number (Over ok))
    {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "([_ I] & Hp & Hg) HΦ". wp_lam. wp_pures. wp_bind (Xchg _ _).
    iDestruct "Hg" as (v) "[Hv Hg]".
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)".
    destruct x as [| |z|z|z|ok'|ok'].
    - iDestruct "H" as "[_ >H]". iDestruct "H" as (v') "Hv'". by iDestruct (mapsto_valid_2 with "Hv Hv'") as %[? _].
    - iDestruct "H" as ">H". by iDestruct (part_alone with "Hp H") as %[].
    - iDestruct "H" as "[H _]". iDestruct "H" as (Ψ') "[_ H]". iDestruct "H" as (v') "[>Hv' _]".
      by iDestruct (mapsto_valid_2 with "Hv Hv'") as %[? _].
    - wp_xchg. iDestruct "H" as (g) "Ht". iDestruct (part_join with "Hp Ht") as "Hp".
      iModIntro. iSplitR "HΦ"; last (wp_pures; by iApply "HΦ"). iNext. iExists s, r, m. iFrame "Hws Ho Hc". iSplit; first done.
      iExists k', (Over ok). iFrame "Hk' Hn Hw". iSplit; first by iPureIntro; apply (agrees_on _ _ _ Hkx).
      iExists Ψ. iFrame "Hp". iExists v. iFrame.
    - iDestruct "H" as "[_ >H]". iDestruct "H" as (v') "Hv'". by iDestruct (mapsto_valid_2 with "Hv Hv'") as %[? _].
    - iDestruct "H" as (Ψ') "[_ H]". iDestruct "H" as (v') "[>Hv' _]". by iDestruct (mapsto_valid_2 with "Hv Hv'") as %[? _].
    - iDestruct "H" as ">H". by iDestruct (part_alone with "Hp H") as %[].
  Qed.
  Lemma serve_spec c Ψ (v : val) :
    {{{ is_words c ∗ claims c Ψ ∗ Ψ (#(code moved), v)%V }}} serve (chan_value lap c) v {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "(#Hw & [Hp Hv] & HΨ) HΦ". iDestruct "Hv" as (u) "Hv". wp_lam. wp_pures. wp_store. wp_pures. wp_lam.
    wp_apply (end_with_spec c Ψ true with "[$Hw $Hp Hv HΨ]"); last done. iExists v. iFrame.
  Qed.
  Lemma refuse_seat_spec c Ψ :
    {{{ is_words c ∗ claims c Ψ ∗ Ψ (#(code closed), #())%V }}} refuse_seat #(seat_at c) {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "(#Hw & [Hp Hv] & HΨ) HΦ". iDestruct "Hv" as (u) "Hv". wp_lam. wp_pures.
    wp_apply (end_with_spec c Ψ false with "[$Hw $Hp Hv HΨ]"); last done. iExists u. iFrame.
  Qed.

  (** ** Who sits *)
  Lemma look_spec c Φ' :
    {{{ is_words c ∗ sits c Φ' }}} !#(seat_at c +ₗ 0)
    {{{ (w : Z), RET #w; if decide (is_served ≤ w)%Z then known c Φ' else sits c Φ' }}}.
  Proof.
    iIntros (Φ) "[[_ I] Hs] HΦ".
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)". wp_load.
    assert (Hx : (∃ ok, x = Over ok) ∨ (∃ ok, x = Known ok) ∨ ¬ (is_served ≤ number x)%Z).
    { destruct x as [| |[]|[]|[]|ok|ok]; [right; right; simpl; lia..|left; by exists ok|right; left; by exists ok]. }
    destruct Hx as [[ok ->]|[[ok ->]|Hx]].
    - iDestruct "H" as (Ψ) "[Hs' H]". iDestruct "H" as (v) "[Hv HΨ]". iDestruct "Hw" as "[Hw Hw']".
      iDestruct (part_agree with "Hs Hs'") as "#Heq". iDestruct (part_whole with "Hs Hs'") as "Hg".
      iModIntro. iSplitR "Hw' Hv HΨ HΦ".
      { iNext. iExists s, r, m. iFrame "Hws Ho Hc". iSplit; first done. iExists k', (Known ok). iFrame "Hk' Hn Hw Hg". iPureIntro.
        by apply (agrees_on _ _ _ Hkx). }
      iApply "HΦ". rewrite decide_True; last by destruct ok. rewrite /known. iExists ok. iFrame "Hw'".
      iSpecialize ("Heq" $! (popped_value (if ok then Got v else Not closed))).
      iNext. iExists v. iFrame "Hv". by iRewrite "Heq".
    - iDestruct (part_alone with "Hs H") as %[].
    - iModIntro. iSplitR "Hs HΦ"; first (iNext; iExists s, r, m; iFrame; iSplit; first done; iExists k', x; by iFrame).
      iApply "HΦ". by rewrite decide_False.
  Qed.
  Lemma is_over_spec c Φ' :
    {{{ is_words c ∗ sits c Φ' }}} is_over #(seat_at c) {{{ (b : bool), RET #b; if b then known c Φ' else sits c Φ' }}}.
  Proof.
    iIntros (Φ) "H HΦ". wp_lam. wp_pures. wp_apply (look_spec with "H"). iIntros (w) "H". wp_pures. iApply "HΦ".
    case_decide; [rewrite bool_decide_true|rewrite bool_decide_false]; done.
  Qed.
  (** to say that it sleeps changes nothing *)
  Lemma sleep_spec c (w : Z) :
    w = is_open ∨ w = is_claimed ∨ w = is_offered → {{{ is_words c }}} CmpXchg #(seat_at c +ₗ 0) #w #(w + asleep) {{{ v, RET v; True }}}.
  Proof.
    iIntros (Hw Φ) "[_ I] HΦ".
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw & H)".
    assert (Hx : w ≠ number x ∨ x = Open false ∧ w = is_open ∨ x = Claimed false ∧ w = is_claimed ∨ x = Offered false ∧ w = is_offered).
    { destruct Hw as [-> |[-> | ->]], x as [| |[]|[]|[]|[]|[]]; naive_solver. }
    destruct Hx as [Hx|[[-> ->]|[[-> ->]|[-> ->]]]].
    - wp_cmpxchg_fail. iModIntro. iSplitR "HΦ"; first (iNext; iExists s, r, m; iFrame; iSplit; first done; iExists k', x; by iFrame).
      by iApply "HΦ".
    - wp_cmpxchg_suc; first done. iModIntro. iSplitR "HΦ"; last by iApply "HΦ".
      iNext. iExists s, r, m. iFrame "Hws Ho Hc". iSplit; first done. iExists k', (Open true). iFrame "Hk' Hn Hw H". iPureIntro.
      destruct Hkx as (H0 & H1 & _). split; [intros Hk; by specialize (H0 Hk)|split; [intros Hk; by destruct (H1 Hk false)|done]].
    - wp_cmpxchg_suc; first done. iModIntro. iSplitR "HΦ"; last by iApply "HΦ".
      iNext. iExists s, r, m. iFrame "Hws Ho Hc". iSplit; first done. iExists k', (Claimed true). iFrame "Hk' Hn Hw H". iPureIntro.
      by apply (agrees_on _ _ _ Hkx).
    - wp_cmpxchg_suc; first done. iModIntro. iSplitR "HΦ"; last by iApply "HΦ".
      iNext. iExists s, r, m. iFrame "Hws Ho Hc". iSplit; first done. iExists k', (Offered true). iFrame "Hk' Hn Hw H". iPureIntro.
      by apply (agrees_on _ _ _ Hkx).
  Qed.
  Lemma wait_at_spec c Φ' :
    {{{ is_words c ∗ sits c Φ' }}} wait_at #(seat_at c) {{{ (b : bool), RET #b; if b then known c Φ' else sits c Φ' }}}.
  Proof.
    iIntros (Φ) "[#Hw Hs] HΦ". iLöb as "IH". wp_rec. wp_pures. wp_apply (look_spec with "[$Hw $Hs]"). iIntros (w) "Hs". wp_pures.
    case_decide as Hn; [rewrite bool_decide_true; [|done]|rewrite bool_decide_false; [|done]]; wp_pures; first by iApply "HΦ".
    wp_bind (If _ (_;; _) _)%E. iApply (wp_wand _ _ _ (λ _, True)%I).
    { wp_bind (If _ #true _). iApply (wp_wand _ _ _ (λ b, ∃ y : bool, ⌜b = #y ∧ (y = true → w = is_open ∨ w = is_claimed ∨ w = is_offered)⌝)%I).
      { do 2 (case_bool_decide as Hb; wp_pures; first (injection Hb as ->; iExists true; iPureIntro; naive_solver); clear Hb).
        iPureIntro. eexists. split; first done. intros [= ->]%bool_decide_eq_true. by do 2 right. }
      iIntros (?) "H". iDestruct "H" as (y) "[-> %Hy]". destruct y; wp_pures; last done.
      wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; last done.
      wp_apply (sleep_spec with "Hw"); first by apply Hy. iIntros (v) "_". by wp_pures. }
    iIntros (?) "_". wp_pures. wp_apply (is_over_spec with "[$Hw $Hs]"). iIntros ([]) "Hs"; wp_pures; first by iApply "HΦ".
    wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; first by iApply "HΦ".
    by iApply ("IH" with "Hs HΦ").
  Qed.
  Lemma wait_at_for_ever_spec c Φ' :
    {{{ is_words c ∗ sits c Φ' }}} wait_at_for_ever #(seat_at c) {{{ RET #(); known c Φ' }}}.
  Proof.
    iIntros (Φ) "[#Hw Hs] HΦ". iLöb as "IH". wp_rec. wp_apply (wait_at_spec with "[$Hw $Hs]").
    iIntros ([]) "H"; wp_pures; [by iApply "HΦ"|by iApply ("IH" with "H HΦ")].
  Qed.
  (** who leaves has not been claimed, and never will be *)
  Lemma leave_from_spec c (w : Z) Φ' :
    {{{ is_words c ∗ sits c Φ' }}} leave_from #(seat_at c) #w
    {{{ (b : bool), RET #b; if b then ▷ Φ' (#(code quit), #())%V else sits c Φ' }}}.
  Proof.
    iIntros (Φ) "[#Hw Hs] HΦ". iLöb as "IH" forall (w). wp_rec. wp_pures. wp_bind (If _ #true _).
    iApply (wp_wand _ _ _ (λ b, ⌜b = #(bool_decide (∃ z, w = number (Open z)))⌝)%I).
    { case_bool_decide as H2; wp_pures; first (injection H2 as ->; by rewrite bool_decide_true; [|exists false]).
      iPureIntro. do 2 f_equal. apply bool_decide_ext. split; [intros [= ->]; by exists true|intros [[] ->]; [done|by destruct H2]]. }
    iIntros (?) "->". case_bool_decide as Hz; wp_pures; last by iApply "HΦ".
    wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; first by iApply ("IH" with "Hs HΦ").
    destruct Hz as [z ->]. wp_bind (CmpXchg _ _ _). iPoseProof "Hw" as "[_ I]".
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw' & H)".
    destruct (decide (x = Open z)) as [->|Hx].
    - wp_cmpxchg_suc. iDestruct "H" as "[H _]". iDestruct "H" as (Ψ) "[Hs' H]". iDestruct "H" as (v) "[Hv AU]".
      iDestruct (part_agree with "Hs Hs'") as "#Heq". iDestruct (part_whole with "Hs Hs'") as "Hg".
      iModIntro. iSplitR "AU HΦ".
      { iNext. iExists s, r, m. iFrame "Hws Ho Hc". iSplit; first done. iExists k', Vacant. iFrame "Hk' Hn Hw' Hg". iSplit; first done.
        by iExists v. }
      iMod (pop_quit with "AU") as "HΨ". wp_pures. iApply "HΦ". iModIntro.
      iSpecialize ("Heq" $! (#(code quit), #())%V). iNext. by iRewrite "Heq".
    - wp_cmpxchg_fail; first (intros [= Hn]; by apply Hx, number_open).
      iModIntro. iSplitR "Hs HΦ"; first (iNext; iExists s, r, m; iFrame; iSplit; first done; iExists k', x; by iFrame).
      wp_pures. iApply ("IH" with "Hs HΦ").
  Qed.
  Lemma leave_seat_spec c Φ' :
    {{{ is_words c ∗ sits c Φ' }}} leave_seat #(seat_at c)
    {{{ (b : bool), RET #b; if b then ▷ Φ' (#(code quit), #())%V else sits c Φ' }}}.
  Proof.
    iIntros (Φ) "[#Hw Hs] HΦ". wp_lam. wp_pures. wp_bind (! _)%E. iPoseProof "Hw" as "[_ I]".
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw' & H)". wp_load.
    iModIntro. iSplitR "Hs HΦ"; first (iNext; iExists s, r, m; iFrame; iSplit; first done; iExists k', x; by iFrame).
    by wp_apply (leave_from_spec with "[$Hw $Hs]").
  Qed.
  Lemma was_served_spec c Φ' :
    {{{ known c Φ' }}} was_served #(seat_at c)
    {{{ ok, RET #ok; word c ↦{#1/2} #(number (Known ok)) ∗ gets false (cell c) Φ' ok }}}.
  Proof.
    iIntros (Φ) "H HΦ". rewrite /known. iDestruct "H" as (ok) "[Hw H]". wp_lam. wp_pures. wp_load. wp_pures.
    rewrite (_ : bool_decide _ = ok); last by destruct ok. iApply "HΦ". by iFrame.
  Qed.
  Lemma vacate_spec c ok (v : val) :
    {{{ is_words c ∗ word c ↦{#1/2} #(number (Known ok)) ∗ cell c ↦ v }}} vacate #(seat_at c) {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "([_ I] & Hw & Hv) HΦ". wp_lam. wp_pures.
    iInv "I" as (s r m) "(>Hws & >Ho & >Hc & >%Hm & Hx)". iDestruct "Hx" as (k' x) "(>Hk' & >Hn & >%Hkx & >Hw' & Hg)".
    iDestruct (mapsto_valid_2 with "Hw' Hw") as %[Hq Hn].
    assert (∃ ok', x = Known ok') as [ok' ->].
    { destruct x as [| | | | | |ok']; try by destruct (Qp.not_add_le_l 1 (1/2)). by exists ok'. }
    rewrite Hn. iCombine "Hw' Hw" as "Hw". wp_store. iModIntro. iSplitR "HΦ"; last by iApply "HΦ".
    iNext. iExists s, r, m. iFrame "Hws Ho Hc". iSplit; first done. iExists k', Vacant. iFrame "Hk' Hn Hw". iSplit; first done.
    iFrame "Hg". by iExists v.
  Qed.
End at_seat.
